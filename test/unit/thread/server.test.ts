/** A server in this process, with the real addon: what crosses between C++ and JavaScript. */
import { once } from 'node:events';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Application, Environ } from '../../../src/wsgi/types.js';
import { encodePacket, type Var } from '../../packets/encode.js';
import { cleanUp } from '../../support/clean-up.js';
import { open, readResponse, request, requestVars, sendInPieces } from '../../support/uwsgi-client.js';
import { serve } from './serve.js';

afterEach(cleanUp);

const ok: Application = (_, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return 'ok';
};

/** Everything in an environ that can be compared. */
function contents(environ: Environ): unknown {
  const { 'wsgi.input': _, ...rest } = environ;
  return [Object.entries(rest), Object.getPrototypeOf(environ)];
}

const name = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('REQUEST_METHOD', 'PATH_INFO', 'HTTPS', 'X', 'lower', '__proto__'),
  },
  { weight: 6, arbitrary: fc.constantFrom('HTTP_A', 'HTTP_B', 'HTTP_C', 'HTTP_COOKIE') },
  { weight: 1, arbitrary: fc.constantFrom('constructor', 'wsgi.input', 'uwsgi.signal', 'HTTP_') },
  { weight: 1, arbitrary: fc.constantFrom(`HTTP_${'LONG'.repeat(20)}`, 'X'.repeat(300)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary-ascii', minLength: 1 }) },
);
const vars = fc.array(fc.tuple(name, fc.string({ unit: 'binary-ascii' })), { minLength: 1, maxLength: 20 });

describe('environ', () => {
  it('is the same however often its keys have been seen, alone and among others', async () => {
    const seen: Environ[] = [];
    const { address } = await serve((environ, startResponse) => {
      seen.push(environ);
      return ok(environ, startResponse);
    });
    const send = async (packet: readonly Var[]) => {
      await request(address, { vars: packet });
      return contents(seen.pop()!);
    };
    await fc.assert(
      fc.asyncProperty(vars, vars, async (packet, other) => {
        // Unknown at first; learned on the way; known at the end.
        const first = await send(packet);
        for (let i = 0; i < 12; i++) {
          if (i % 3 === 0) await send(other);
          expect(await send(packet)).toEqual(first);
        }
      }),
      {
        numRuns: 40,
        // A header without a name, known among the vars that the front server decides, comes again after the next one.
        examples: [
          [
            [
              ['HTTP_', ''],
              ['HTTP_A', 'a'],
              ['HTTP_', 'again'],
            ],
            [
              ['HTTP_', ''],
              ['HTTP_B', 'b'],
            ],
          ],
        ],
      },
    );
  }, 30_000);

  it('has the values of its own request, not of one before', async () => {
    const { address } = await serve((environ, startResponse) => {
      startResponse('200 OK', []);
      return JSON.stringify([environ.PATH_INFO, environ.HTTP_X ?? null, environ.HTTP_Y ?? null]);
    });
    for (let i = 0; i < 60; i++) {
      const changes = { PATH_INFO: `/${i}`, [i % 3 ? 'HTTP_X' : 'HTTP_Y']: String(i) };
      const { body } = await request(address, { vars: requestVars(changes) });
      const expected = i % 3 ? [`/${i}`, String(i), null] : [`/${i}`, null, String(i)];
      expect(JSON.parse(body.toString())).toEqual(expected);
    }
  });
});

describe('uwsgi.signal', () => {
  it('fires when the peer goes away, whether touched before or after', async () => {
    const environs: Environ[] = [];
    let arrived!: () => void;
    const { address } = await serve((environ) => {
      environs.push(environ);
      if (environs.length === 2) arrived();
      return new Promise(() => {});
    });
    const both = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const sockets = await Promise.all([open(address), open(address)]);
    for (const socket of sockets) socket.write(encodePacket([['A', 'b']]));
    await both;
    const [early, late] = environs as [Environ, Environ];
    const signal = early['uwsgi.signal'];
    expect(signal.aborted).toBe(false);
    const aborted = once(signal, 'abort');
    for (const socket of sockets) socket.destroy();
    await aborted;
    expect(early['uwsgi.signal'].aborted).toBe(true);
    await expect.poll(() => late['uwsgi.signal'].aborted).toBe(true);
  });

  it('does not fire for who has only ended its sending, nor for who got its response', async () => {
    const signals: AbortSignal[] = [];
    const { address } = await serve(async ({ 'uwsgi.signal': signal }, startResponse) => {
      signals.push(signal);
      await new Promise((resolve) => setTimeout(resolve, 20));
      startResponse('200 OK', []);
      return 'whole';
    });
    const socket = await open(address);
    const response = readResponse(socket);
    socket.end(encodePacket([['A', 'b']]));
    expect((await response).body.toString()).toBe('whole');
    await request(address);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
  });
});

describe('the body of a request', () => {
  const large = { postBuffering: 10 };

  it('is an error for who still reads when the response has been sent', async () => {
    let outcome!: Promise<unknown>;
    const read = async (environ: Environ) => {
      for await (const _ of environ['wsgi.input']);
    };
    const { address } = await serve((environ, startResponse) => {
      // Caught at once: by the time the test looks it would long be an unhandled rejection.
      outcome = read(environ).catch((error) => error);
      return ok(environ, startResponse);
    }, large);
    const socket = await open(address);
    const response = readResponse(socket);
    socket.write(encodePacket([['CONTENT_LENGTH', '100']], { body: 'only some' }));
    expect((await response).status).toBe(200);
    expect(await outcome).toMatchObject({ code: 'UWSGI_INPUT_ABORTED' });
  });

  it('is complete for who reads all of it before', async () => {
    const { address } = await serve(async (environ, startResponse) => {
      let size = 0;
      for await (const chunk of environ['wsgi.input']) size += chunk.length;
      startResponse('200 OK', []);
      return String(size);
    }, large);
    const body = Buffer.alloc(300_000, 'x');
    expect((await request(address, { body, split: 70_000 })).body.toString()).toBe('300000');
  });
});

describe('close()', () => {
  it('answers what is open with 503, tells the application, and takes no answer any more', async () => {
    let answer!: (body: string) => void;
    let arrive!: (environ: Environ) => void;
    const arrived = new Promise<Environ>((resolve) => {
      arrive = resolve;
    });
    const { server, address } = await serve((environ, startResponse) => {
      arrive(environ);
      startResponse('200 OK', []);
      return new Promise((resolve) => {
        answer = resolve;
      });
    });
    const pending = request(address);
    const aborted = once((await arrived)['uwsgi.signal'], 'abort');
    server.close();
    expect((await pending).status).toBe(503);
    await aborted;
    answer('too late');
    await new Promise(setImmediate);
  });
});

describe('drain()', () => {
  it('lets requests finish that run, or are still coming, and takes no new ones', async () => {
    let finish!: () => void;
    let started!: () => void;
    const running = new Promise<void>((resolve) => {
      started = resolve;
    });
    const { server, address } = await serve(async (environ, startResponse) => {
      started();
      if (environ.PATH_INFO === '/slow') {
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
      }
      return ok(environ, startResponse);
    });
    const slow = request(address, { vars: requestVars({ PATH_INFO: '/slow' }) });
    await running;
    const packet = encodePacket([['A', 'b']]);
    const coming = await open(address);
    const answer = readResponse(coming);
    await sendInPieces(coming, packet.subarray(0, 5));
    await request(address);
    let isDrained = false;
    const drained = server.drain().then(() => {
      isDrained = true;
    });
    coming.write(packet.subarray(5));
    expect((await answer).status).toBe(200);
    expect(isDrained).toBe(false);
    finish();
    expect((await slow).status).toBe(200);
    await drained;
  });
});
