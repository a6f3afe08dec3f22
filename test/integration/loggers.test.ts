/** Where lines go: files that get another name under load, loggers behind the master, a master that dies, readers that stall. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cleanUp, onCleanUp } from '../support/clean-up.js';
import { behaviours, Instance } from '../support/instance.js';
import { CLI } from '../support/server.js';
import { request, requestVars } from '../support/uwsgi-client.js';

let instance: Instance;
beforeEach(async () => {
  instance = await Instance.make();
});
afterEach(cleanUp);

const patience = { timeout: 15_000 };
const file = (name: string) => join(instance.folder, name);
const read = (name: string) => readFileSync(file(name), 'utf8');

/** The lines of a log and of everything it was renamed to. */
function allLines(name: string): string[] {
  const names = readdirSync(instance.folder).filter((other) => other.startsWith(name));
  return names.flatMap((other) => read(other).split('\n').filter(Boolean));
}

const started = (log: string) =>
  expect.poll(() => allLines(log).join('\n'), patience).toMatch(/uwsgi-node is ready/);

/** Requests numbered from `first` on, a few at a time. */
async function answer(first: number, count: number): Promise<void> {
  const lanes = Array.from({ length: 5 }, async (_, lane) => {
    for (let i = first + lane; i < first + count; i += 5) {
      const vars = requestVars({ PATH_INFO: '/', REQUEST_URI: `/number/${i}` });
      expect((await request(instance.socketPath, { vars })).status).toBe(200);
    }
  });
  await Promise.all(lanes);
}

/** The numbers of the requests that have a line. */
const told = (name: string) =>
  allLines(name)
    .flatMap((line) => /^(?:.*> )?\[pid.*GET \/number\/(\d+) => .* core \d\)$/.exec(line)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('a log file', () => {
  it('gets another name by size, by fifo, by touch and by hand, and no line is lost', async () => {
    writeFileSync(file('touched'), '');
    const server = await instance.startWith(
      { until: null },
      ...['--logto', file('app.log'), '--log-maxsize', '20000', '--processes', '2'],
      ...['--master-fifo', file('fifo'), '--touch-logreopen', file('touched'), '--logfile-chmod', '604'],
    );
    await started('app.log');
    const load = answer(0, 600);
    appendFileSync(file('fifo'), 'L');
    await expect.poll(() => allLines('app.log').join('\n'), patience).toMatch(/rotated to/);
    renameSync(file('app.log'), file('app.log.by-hand'));
    appendFileSync(file('touched'), 'x');
    await expect.poll(() => allLines('app.log').join('\n'), patience).toMatch(/was opened again/);
    await load;
    // However soon those were answered, these make the file too large.
    await answer(600, 300);
    await expect.poll(() => readdirSync(instance.folder).length, patience).toBeGreaterThan(6);
    await server.stop();
    expect(told('app.log')).toEqual(numbers(900));
  });

  it('on a full disk keeps no request from its answer', async () => {
    const server = await instance.startWith({ until: null }, '--logto', '/dev/full', '--threads', '2');
    await expect
      .poll(
        () =>
          instance.get('/').then(
            ({ status }) => status,
            () => 0,
          ),
        patience,
      )
      .toBe(200);
    await answer(0, 100);
    expect((await server.stop()).code).toBe(0);
  });
});

describe('loggers', () => {
  it('take lines from all processes, by route, each in its form, and rotate without losing one', async () => {
    const server = await instance.startWith(
      { until: null },
      ...[
        '--processes',
        '2',
        '--logger',
        `file:${file('all.log')}`,
        '--logger',
        `prints file:${file('prints.log')}`,
      ],
      ...['--log-route', 'prints printed on', '--log-encoder', 'prefix all> ', '--log-encoder', 'nl'],
      ...['--req-logger', `file:logfile=${file('requests.log')},maxsize=20000`],
    );
    await started('all.log');
    await answer(0, 300);
    await instance.get('/print');
    await server.stop();
    expect(told('requests.log')).toEqual(numbers(300));
    expect(
      readdirSync(instance.folder).filter((name) => name.startsWith('requests.log.')).length,
    ).toBeGreaterThan(1);
    expect(read('prints.log')).toMatch(
      /^all> \[worker \d\] printed on stdout\nall> \[worker \d\] printed on stderr\n$/,
    );
    expect(
      read('all.log')
        .split('\n')
        .slice(0, -1)
        .filter((line) => !line.startsWith('all> ')),
    ).toEqual([]);
    expect(read('all.log')).toContain('goodbye to uwsgi-node.');
    expect(server.lines.text).toBe('');
  });

  it('of a master that was killed leave their lines to the workers', async () => {
    const server = await instance.startWith(
      { until: null },
      ...['--logto', file('rest.log'), '--logger', `file:${file('app.log')}`],
      ...['--req-logger', `file:${file('requests.log')}`],
    );
    await started('app.log');
    const late = instance.get('/later', '1000');
    await expect.poll(() => instance.textOf('/'), patience).toMatch(/\d/);
    server.kill('SIGKILL');
    expect((await late).status).toBe(200);
    await expect
      .poll(() => read('rest.log'), patience)
      .toMatch(/\[pid.*=> generated 4 bytes in \d{3,} msecs/);
  });
});

it('a reader of the log that reads nothing stops nobody', async () => {
  const args = instance.args('--wsgi-file', behaviours, '--processes', '2');
  const child = spawn(process.execPath, [CLI, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const exited = once(child, 'exit');
  onCleanUp(async () => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // It has ended as it should.
    }
    await exited;
  });
  await expect
    .poll(
      () =>
        instance.get('/').then(
          ({ status }) => status,
          () => 0,
        ),
      patience,
    )
    .toBe(200);
  // More than a pipe holds.
  const uri = `/${'x'.repeat(8_000)}`;
  for (let i = 0; i < 40; i++) {
    const vars = requestVars({ PATH_INFO: '/', REQUEST_URI: uri });
    expect((await request(instance.socketPath, { vars })).status).toBe(200);
    expect(await instance.textOf('/print')).toBe('printed');
  }
  child.kill('SIGTERM');
  child.stderr.resume();
  child.stdout.resume();
  expect((await exited)[0]).toBe(0);
});
