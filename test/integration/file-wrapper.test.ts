/** wsgi.file_wrapper on native sockets: the kernel sends the file, whatever the reader does. */
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cleanUp, makeDirectory } from '../support/clean-up.js';
import { type RunningServer, startServer } from '../support/server.js';
import { encodePacket, open, readResponse, request, requestVars } from '../support/uwsgi-client.js';

vi.setConfig({ testTimeout: 30_000 });

const app = fileURLToPath(new URL('../apps/files.js', import.meta.url));
const content = Buffer.from(Array.from({ length: 5_000_000 }, (_, at) => at % 251));

let server: RunningServer;
let file: string;
beforeAll(async () => {
  const folder = await makeDirectory();
  file = join(folder, 'content.bin');
  writeFileSync(file, content);
  server = await startServer({
    args: ['--socket', join(folder, 'app.sock'), '--http-socket', '127.0.0.1:0', '--wsgi-file', app],
    env: { FILE: file },
  });
});
afterAll(cleanUp);

const vars = (path: string, query = '') =>
  requestVars({ PATH_INFO: path, REQUEST_URI: path, QUERY_STRING: query });
const get = (path: string, query = '') => request(server.address, { vars: vars(path, query) });

/** Descriptors of the worker that refer to the file. */
const openFiles = () =>
  readdirSync(`/proc/${server.workers[0]}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${server.workers[0]}/fd/${fd}`) === file;
    } catch {
      return false;
    }
  });

describe('a file', () => {
  it.each(['/descriptor', '/handle', '/unreadable'])('is sent whole: %s', async (path) => {
    expect((await get(path)).body.equals(content)).toBe(true);
  });

  it('is sent from where it stands', async () => {
    expect((await get('/rest')).body.equals(content.subarray(10))).toBe(true);
  });

  it('is sent as far as Content-Length says', async () => {
    const answer = await get('/unreadable', '1000');
    expect([answer.header('content-length'), answer.body.equals(content.subarray(0, 1000))]).toEqual([
      '1000',
      true,
    ]);
  });

  it('reaches a reader that takes its time', async () => {
    const socket = await open(server.address);
    socket.pause();
    socket.write(encodePacket(vars('/unreadable')));
    // Longer than the kernel's buffers: the worker is stuck with the rest.
    await expect.poll(openFiles).not.toEqual([]);
    const answer = readResponse(socket);
    socket.resume();
    expect((await answer).body.equals(content)).toBe(true);
  });

  it('that is no regular file is read', async () => {
    expect(await get('/pipe')).toMatchObject({ status: 200, body: Buffer.alloc(0) });
  });

  it('whose size says nothing is read', async () => {
    expect((await get('/procfs')).body.toString()).toMatch(/^Linux version /);
  });

  it('is read where HTTP is spoken', async () => {
    const answer = await fetch(`http://${server.addresses[1]}/descriptor`);
    expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
  });

  it('is closed in the end, also when the reader has gone', async () => {
    const socket = await open(server.address);
    socket.pause();
    socket.write(encodePacket(vars('/descriptor')));
    await expect.poll(openFiles).not.toEqual([]);
    socket.destroy();
    await expect.poll(openFiles, { timeout: 10_000 }).toEqual([]);
  });
});
