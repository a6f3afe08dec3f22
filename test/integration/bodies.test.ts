/** Bodies of every size in both directions, through the built server: complete, in order, and no faster than wanted. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bytesOf, digestOf, expectedDigest } from '../support/bodies.js';
import { cleanUp } from '../support/clean-up.js';
import { startEngine, transports } from '../support/engine.js';
import { type RunningServer, statOf } from '../support/server.js';
import { encodeRequest, open, request, requestVars, sendRequest } from '../support/uwsgi-client.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 });

const MEGABYTE = 1_048_576;
const postBuffering = 65_536;

const to = (path: string, query = '') =>
  requestVars({ REQUEST_METHOD: 'POST', PATH_INFO: path, QUERY_STRING: query });

/** Resident memory of a process, bytes. */
const residentSize = (pid: number) => Number(statOf(pid)[21]) * 4096;

describe.each(transports)('over %s', (transport) => {
  describe('a request body', () => {
    let server: RunningServer;
    beforeAll(async () => {
      server = await startEngine('bodies', transport);
    });
    afterAll(cleanUp);

    const ways = ['/read', '/read-some', '/lines', '/async', '/stream'];
    const sizes = [0, 1, postBuffering - 1, postBuffering, postBuffering + 1, 200_000, 3 * MEGABYTE];

    describe.each(ways)('read by %s', (path) => {
      it.each(sizes)('of %d bytes comes complete', async (size) => {
        const answer = await request(server.address, { vars: to(path), body: bytesOf(size) });
        expect(answer.body.toString()).toBe(await expectedDigest(size));
      });

      it('in many small pieces comes complete', async () => {
        const size = postBuffering + 5_000;
        const answer = await request(server.address, { vars: to(path), body: bytesOf(size), split: 1_000 });
        expect(answer.body.toString()).toBe(await expectedDigest(size));
      });
    });

    it.each(['/read', '/async'])('of 100 MB comes complete by %s', async (path) => {
      const size = 100 * MEGABYTE;
      const options = { vars: to(path), body: bytesOf(size), timeout: 30_000 };
      const answer = await request(server.address, options);
      expect(answer.body.toString()).toBe(await expectedDigest(size));
    });

    it('may be the response: both directions at once', async () => {
      const body = bytesOf(20 * MEGABYTE);
      const answer = await request(server.address, { vars: to('/echo'), body });
      expect(answer.body.equals(body)).toBe(true);
    });

    it('may be read to its end without an answer that has a body', async () => {
      const answer = await request(server.address, { vars: to('/discard'), body: bytesOf(MEGABYTE) });
      expect([answer.status, answer.body.length]).toEqual([204, 0]);
    });

    it.each([1_000, postBuffering + 1, MEGABYTE])(
      'of %d bytes that nobody reads does not destroy the response',
      async (size) => {
        for (const [path, text] of [
          ['/unread', 'not read'],
          ['/part', 'partly read'],
        ] as const) {
          const { status, body, reset } = await request(server.address, {
            vars: to(path),
            body: bytesOf(size),
          });
          expect([status, body.toString(), reset]).toEqual([200, text, false]);
        }
      },
    );
  });

  describe('a response', () => {
    let server: RunningServer;
    beforeAll(async () => {
      server = await startEngine('downloads', transport);
    });
    afterAll(cleanUp);

    const ways = ['/buffer', '/list', '/generator', '/async', '/stream', '/write'];

    it.each(ways.flatMap((path) => [0, 1, 65_536, 65_537, MEGABYTE].map((size) => [path, size] as const)))(
      'made by %s of %d bytes comes complete',
      async (path, size) => {
        const answer = await request(server.address, { vars: to(path, String(size)) });
        expect([answer.status, answer.reset]).toEqual([200, false]);
        expect(await digestOf([answer.body])).toBe(await expectedDigest(size));
      },
    );

    it.each(['/buffer', '/async'])('of 100 MB by %s comes complete', async (path) => {
      const size = 100 * MEGABYTE;
      const socket = await open(server.address);
      await sendRequest(socket, { vars: to(path, String(size)) });
      expect(await digestOf(bodyIn(socket))).toBe(await expectedDigest(size));
    });

    it('of text is sent as UTF-8, short and long', async () => {
      for (const size of [2, 100_000, 10 * MEGABYTE]) {
        const answer = await request(server.address, { vars: to('/string', String(size)) });
        expect(answer.body.equals(Buffer.from('ä'.repeat(size / 2)))).toBe(true);
      }
    });

    it.each(['/generator', '/async', '/stream'])(
      'by %s waits for its reader instead of filling memory',
      async (path) => {
        const size = 300 * MEGABYTE;
        const [worker] = server.workers;
        const socket = await open(server.address);
        socket.pause();
        socket.write(encodeRequest({ vars: to(path, String(size)) }));
        await once(socket, 'readable');
        const before = residentSize(worker!);
        // Others are served while this one waits.
        for (let i = 0; i < 50; i++) await request(server.address, { vars: to('/buffer', '1000') });
        expect(residentSize(worker!) - before).toBeLessThan(60 * MEGABYTE);
        socket.destroy();
      },
    );

    it('comes complete to a reader that takes it in sips', async () => {
      const size = 2 * MEGABYTE;
      const socket = await open(server.address);
      const chunks: Buffer[] = [];
      socket.write(encodeRequest({ vars: to('/generator', String(size)) }));
      for await (const chunk of socket) {
        chunks.push(chunk as Buffer);
        if (chunks.length % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      }
      const raw = Buffer.concat(chunks);
      const body = raw.subarray(raw.indexOf('\r\n\r\n') + 4);
      expect(await digestOf([body])).toBe(await expectedDigest(size));
    });

    it('to a peer that leaves in the middle ends quietly, and the next one is served', async () => {
      for (const path of ['/buffer', '/generator', '/async', '/stream', '/write']) {
        const socket = await open(server.address);
        socket.write(encodeRequest({ vars: to(path, String(20 * MEGABYTE)) }));
        await once(socket, 'readable');
        socket.destroy();
      }
      const answer = await request(server.address, { vars: to('/buffer', '10') });
      expect(answer.status).toBe(200);
      expect(server.lines.matching(/Error|DAMN/)).toEqual([]);
    });
  });
});

/** What follows the head, as it comes. */
async function* bodyIn(socket: Socket): AsyncGenerator<Buffer> {
  let head: Buffer | null = Buffer.alloc(0);
  for await (const chunk of socket) {
    if (head === null) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const end: number = head.indexOf('\r\n\r\n');
    if (end < 0) continue;
    yield head.subarray(end + 4);
    head = null;
  }
}
