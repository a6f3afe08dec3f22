/** The examples, as their READMEs say, except that the packages are those of this repository and the port is free. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { cleanUp, makeDirectory } from '../support/clean-up.js';
import { startServer } from '../support/server.js';

vi.setConfig({ testTimeout: 60_000 });
afterEach(cleanUp);

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The example in a directory of its own. */
async function copyOf(name: string): Promise<string> {
  const folder = join(await makeDirectory(), name);
  cpSync(join(root, 'examples', name), folder, { recursive: true });
  rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
  mkdirSync(join(folder, 'node_modules/@types'), { recursive: true });
  for (const dependency of ['express', 'hono', 'ws', 'typescript', '@types/node']) {
    symlinkSync(join(root, 'node_modules', dependency), join(folder, 'node_modules', dependency));
  }
  symlinkSync(root, join(folder, 'node_modules/uwsgi-node'));
  return folder;
}

/** @returns the address of its HTTP socket */
async function start(name: string, folder: string): Promise<string> {
  const file = join(folder, `${name}.ini`);
  writeFileSync(file, readFileSync(file, 'utf8').replace('127.0.0.1:8080', '127.0.0.1:0'));
  const server = await startServer({ args: ['--ini', `${name}.ini`], cwd: folder });
  return server.addresses[1]!;
}

const get = async (address: string, path = '/', init: RequestInit = {}) =>
  (await fetch(`http://${address}${path}`, init)).text();

describe('the example', () => {
  it('express serves Express', async () => {
    const address = await start('express', await copyOf('express'));
    expect(await get(address)).toBe('Hello 127.0.0.1 from Express\n');
    const headers = { 'Content-Type': 'application/json' };
    expect(await get(address, '/echo', { method: 'POST', body: '{"a":1}', headers })).toBe('{"a":1}');
  });

  it('fetch serves Hono', async () => {
    const address = await start('fetch', await copyOf('fetch'));
    expect(await get(address)).toBe('Hello from fetch\n');
    expect(await get(address, '/events')).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n');
  });

  it('typescript builds and serves what it built', async () => {
    const folder = await copyOf('typescript');
    const built = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc')], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(built.stdout).toBe('');
    const address = await start('typescript', folder);
    expect(await get(address, '/upload', { method: 'POST', body: 'hello' })).toBe(
      'POST /upload with 5 bytes\n',
    );
  });

  it('websocket answers its client', async () => {
    const folder = await copyOf('websocket');
    const address = await start('websocket', folder);
    expect(await get(address)).toBe('Open a WebSocket at /echo\n');
    const client = spawnSync(process.execPath, ['client.js', `ws://${address}/echo`], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect([client.stdout, client.stderr]).toEqual(['hello\n', '']);
  });
});
