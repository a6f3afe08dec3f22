/** The request log of a server: against uWSGI's own lines, with several workers, and as JSON. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cleanUp, makeDirectory, onCleanUp } from '../support/clean-up.js';
import { Instance } from '../support/instance.js';
import { Lines } from '../support/lines.js';
import { missingPrograms, skipped } from '../support/requirements.js';
import { startServer } from '../support/server.js';
import { request, requestVars } from '../support/uwsgi-client.js';

let instance: Instance;
beforeEach(async () => {
  instance = await Instance.make();
});
afterEach(cleanUp);

const vars = requestVars({
  REQUEST_METHOD: 'POST',
  REQUEST_URI: '/shop?a=b',
  PATH_INFO: '/shop',
  QUERY_STRING: 'a=b',
  CONTENT_LENGTH: '5',
  REMOTE_USER: 'bob',
  HTTP_REFERER: 'http://r/',
  HTTP_X_FORWARDED_FOR: '9.9.9.9, 8.8.8.8',
});

describe.skipIf(skipped('lines of uWSGI', missingPrograms('uwsgi_python3')))('the same request', () => {
  const names = `uri method user addr host proto uagent referer status rsize hsize size cl wid vars core
    modifier1 modifier2 pktsize headers werr rerr ioerr var.HTTP_HOST var.NOT_THERE var.CONTENT_TYPE not_there
    metric.x`.split(/\s+/);
  const lineFormat = `line ${names.map((name) => `${name}=%(${name})`).join(' ')} %%(core)% end`;
  const python = `def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '5')])
    return [b'hello']`;
  const javascript = `exports.application = (environ, startResponse) => {
    startResponse('200 OK', [['Content-Type', 'text/plain'], ['Content-Length', '5']]);
    return 'hello';
  };`;
  /** What differs from process to process and from second to second. */
  const steady = (line: string) =>
    line
      .replace(/pid: \d+/, 'pid')
      .replace(/\[\w{3} \w{3} [ \d]\d .{13}\]/, '[time]')
      .replace(/in \d+ (msecs|micros)/, 'in $1')
      .replace(/\(\d+ switches/, '(switches');

  it.each<[string, string[], RegExp]>([
    ['by default', [], /^\[pid: /],
    ['with a format', ['--log-format', lineFormat], /^line /],
    ['with options', ['--log-micros', '--log-x-forwarded-for'], /^\[pid: /],
  ])('is told in the same words %s', async (_, options, pattern) => {
    const folder = await makeDirectory();
    writeFileSync(join(folder, 'hello.py'), python);
    writeFileSync(join(folder, 'hello.js'), javascript);
    const socket = join(folder, 'py.sock');
    const args = [
      '--socket',
      socket,
      '--module',
      'hello',
      '--need-app',
      '--master',
      '--die-on-term',
      ...options,
    ];
    const child = spawn('uwsgi_python3', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const exited = once(child, 'exit');
    onCleanUp(async () => {
      child.kill('SIGKILL');
      await exited;
    });
    const theirs = new Lines(child.stdout!, child.stderr!);
    const ours = await startServer({ args: instance.args('--module', 'hello', ...options), cwd: folder });
    await theirs.waitFor(/spawned uWSGI worker 1/);
    await request(socket, { vars, body: Buffer.from('12345') });
    await request(instance.socketPath, { vars, body: Buffer.from('12345') });
    const [expected, line] = await Promise.all([theirs.waitFor(pattern), ours.lines.waitFor(pattern)]);
    expect(steady(line.input)).toBe(steady(expected.input));
  });
});

describe('several workers', () => {
  const whole =
    /^\[pid: \d+\|app: 0\|req: \d+\/(\d+)\] 127\.0\.0\.1 \(\) \{\d+ vars in \d+ bytes\} \[.{24}\] GET (\S+) => generated \d+ bytes in \d+ msecs \(HTTP\/1\.1 200\) \d headers in \d+ bytes \(1 switches on core [01]\)$/;

  it('write whole lines, one for each request, and count them across all', async () => {
    const server = await instance.start('--processes', '2', '--threads', '2');
    const paths = Array.from({ length: 400 }, (_, i) => `/${i}/${'x'.repeat(i * 8)}`);
    await answer(paths);
    await server.stop();
    const lines = server.lines.matching(/^\[pid/).map((line) => whole.exec(line));
    expect(lines.map((line) => line?.[2]).sort()).toEqual(paths.sort());
    const numbers = lines.map((line) => Number(line?.[1]));
    expect(numbers.sort((a, b) => a - b)).toEqual(paths.map((_, i) => i + 1));
  });

  it('write JSON, whatever is sent and printed', async () => {
    const server = await instance.startWith(
      { until: /uwsgi-node is ready/ },
      '--processes',
      '2',
      '--log-json',
    );
    await answer(['/"\n{}\\', '/käse']);
    await instance.get('/print');
    await instance.get('/throw');
    await server.lines.waitFor(/thrown outside/);
    await server.stop();
    const lines = server.lines.all.map((line) => JSON.parse(line));
    const ofType = (type: string) => lines.filter((line) => line.type === type);
    expect(ofType('request').map(({ uri }) => uri)).toEqual(expect.arrayContaining(['/"\n{}\\', '/käse']));
    expect(ofType('stdout')).toMatchObject([{ msg: 'printed on stdout' }]);
    expect(ofType('stderr')).toMatchObject([{ msg: 'printed on stderr' }]);
    expect(ofType('server').some(({ msg }) => /^Error: thrown outside.*\n {4}at /.test(msg))).toBe(true);
  });

  it('lose no line of a thread that ends on the spot', async () => {
    const server = await instance.start();
    const paths = Array.from({ length: 40 }, (_, i) => `/${i}`);
    await answer(paths);
    await instance.get('/exit').catch(() => {});
    await server.lines.waitFor(/process\.exit\(3\) was called/);
    await server.stop();
    const lines = server.lines.matching(/^\[pid/).map((line) => whole.exec(line)?.[2]);
    expect(lines.filter((path) => path !== undefined).sort()).toEqual(paths.sort());
  });

  /** Twenty at a time. */
  async function answer(uris: readonly string[]): Promise<void> {
    const lanes = Array.from({ length: 20 }, async (_, lane) => {
      for (let i = lane; i < uris.length; i += 20) {
        const changes = { PATH_INFO: '/', REQUEST_URI: Buffer.from(uris[i]!).toString('latin1') };
        expect((await request(instance.socketPath, { vars: requestVars(changes) })).status).toBe(200);
      }
    });
    await Promise.all(lanes);
  }
});
