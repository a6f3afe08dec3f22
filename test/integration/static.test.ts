/** static-map behind a real nginx, by every protocol, and over HTTP: what is no file is the application's. */
import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cleanUp, makeDirectory } from '../support/clean-up.js';
import { type Nginx, startNginx } from '../support/nginx.js';
import { missingPrograms, skipped } from '../support/requirements.js';
import { type RunningServer, startServer } from '../support/server.js';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const app = fileURLToPath(new URL('../apps/kinds/listener.js', import.meta.url));
const content = Buffer.from(Array.from({ length: 1_500_000 }, (_, at) => at % 251));
const protocols = ['uwsgi', 'fastcgi', 'scgi'] as const;

let server: RunningServer;
let folder: string;
beforeAll(async () => {
  folder = await makeDirectory();
  mkdirSync(join(folder, 'www'));
  writeFileSync(join(folder, 'www/content.bin'), content);
  server = await startServer({
    cwd: folder,
    args: [
      ...protocols.flatMap((protocol) => [`--${protocol}-socket`, join(folder, `${protocol}.sock`)]),
      ...['--http-socket', '127.0.0.1:0', '--wsgi-file', app, '--honour-range'],
      ...protocols.flatMap((protocol) => ['--static-map', `/${protocol}=www`]),
      ...['--static-map', '/http=www', '--add-header', 'X-Frame-Options: DENY'],
    ],
  });
});
afterAll(cleanUp);

/** Descriptors of the worker that refer to the file. */
const openFiles = () =>
  readdirSync(`/proc/${server.workers[0]}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${server.workers[0]}/fd/${fd}`).endsWith('content.bin');
    } catch {
      return false;
    }
  });

describe.skipIf(skipped('static files behind nginx', missingPrograms('nginx')))('behind nginx', () => {
  let nginx: Nginx;
  beforeAll(async () => {
    const location = (protocol: string) =>
      `location /${protocol}/ { include /etc/nginx/${protocol}_params; ${protocol}_pass unix:${join(folder, `${protocol}.sock`)}; }`;
    nginx = await startNginx({ user: 'root', server: protocols.map(location).join('\n') });
  });

  it.each(protocols)('%s sends a file, a part of it, and nothing that is known', async (protocol) => {
    const path = `/${protocol}/content.bin`;
    const whole = await nginx.fetch(path);
    expect([whole.status, whole.body.equals(content)]).toEqual([200, true]);
    expect(whole.headers).toMatchObject({ 'content-length': '1500000', 'x-frame-options': 'DENY' });
    await server.lines.waitFor(new RegExp(`GET ${path} => generated 1500000 bytes .* via sendfile\\(\\)`));
    const part = await nginx.fetch(path, { headers: { Range: 'bytes=1000000-1000999' } });
    expect([part.status, part.headers['content-range']]).toEqual([206, 'bytes 1000000-1000999/1500000']);
    expect(part.body.equals(content.subarray(1_000_000, 1_001_000))).toBe(true);
    await server.lines.waitFor(new RegExp(`GET ${path} => generated 1000 bytes .* via sendfile\\(\\)`));
    const known = { 'If-Modified-Since': whole.headers['last-modified']! };
    expect((await nginx.fetch(path, { headers: known })).status).toBe(304);
    const other = await nginx.fetch(`/${protocol}/nothing`);
    expect([other.status, other.headers['x-frame-options']]).toEqual([200, 'DENY']);
  });
});

it('sends files over HTTP', async () => {
  const url = `http://${server.addresses.at(-1)}/http/content.bin`;
  const whole = await fetch(url);
  expect([whole.status, whole.headers.get('content-length')]).toEqual([200, '1500000']);
  expect(Buffer.from(await whole.arrayBuffer()).equals(content)).toBe(true);
  const part = await fetch(url, { headers: { Range: 'bytes=-10' } });
  expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, content.subarray(-10)]);
  const head = await fetch(url, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '1500000']);
  expect((await fetch(new URL('nothing', url))).headers.get('x-frame-options')).toBe('DENY');
});

it('closes them', async () => {
  await expect.poll(openFiles).toEqual([]);
});
