import { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type DoorReply, doorOf } from '../../../src/debugging/door.js';
import { DebugDoor } from '../../../src/master/debug-door.js';
import { native } from '../../../src/native.js';

const doors: DebugDoor[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const door of doors.splice(0)) door.close();
});

/** Nobody's pid. */
const PID = 4_194_305;

function open({ peer = () => 1000, reply = ['here it is'], patience = 5_000 } = {}): string[] {
  const lines: string[] = [];
  doors.push(
    new DebugDoor({
      pid: PID,
      patience,
      uid: () => 1000,
      answer: async (request) => {
        if (request.kind !== 'traceback') throw new Error('no such question');
        return { lines: reply };
      },
      native: { ...native, peerOf: () => ({ pid: 1, uid: peer() }) },
      log: (...more) => lines.push(...more),
    }),
  );
  return lines;
}

/** Comes, and says or reads nothing. */
function linger(): Socket {
  const socket = new Socket({ fd: native.connectUnix(doorOf(PID)) });
  sockets.push(socket);
  return socket.on('error', () => {});
}

/** What comes back; null when the connection is closed without a word. */
function say(text: string): Promise<DoorReply | null> {
  return new Promise((resolve, reject) => {
    const socket = new Socket({ fd: native.connectUnix(doorOf(PID)) });
    let reply = '';
    socket.on('data', (bytes) => {
      reply += bytes;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(reply === '' ? null : JSON.parse(reply)));
    socket.write(text);
  });
}

describe('DebugDoor', () => {
  it('answers its own user and root, and nobody else', async () => {
    for (const peer of [1000, 0]) {
      open({ peer: () => peer });
      expect(await say('{"kind":"traceback"}\n')).toEqual({ lines: ['here it is'] });
      doors.pop()!.close();
    }
    open({ peer: () => 1001 });
    expect(await say('{"kind":"traceback"}\n')).toEqual({
      problem: 'only root and the user of the server may look into it',
    });
  });

  it('says why there is no answer', async () => {
    open();
    expect(await say('{"kind":"what"}\n')).toEqual({ problem: 'no such question' });
    expect(await say('nonsense\n')).toEqual({ problem: expect.stringMatching(/JSON/) });
    expect(await say('x'.repeat(5000))).toBeNull();
  });

  it('is not shut by strangers who stay, however many they are', async () => {
    let peer = 1001;
    open({ peer: () => peer });
    for (let i = 0; i < 40; i += 1) {
      linger();
      // It has been looked at once the next one is answered.
      if (i % 8 === 7) expect(await say('')).toEqual({ problem: expect.stringMatching(/^only root/) });
    }
    peer = 1000;
    expect(await say('{"kind":"traceback"}\n')).toEqual({ lines: ['here it is'] });
  });

  it('ends those who ask nothing, or do not take their answer', async () => {
    // More than a socket holds.
    const reply = ['x'.repeat(1 << 20)];
    open({ reply, patience: 200 });
    for (let i = 0; i < 8; i += 1) linger();
    await say('nonsense\n');
    for (let i = 0; i < 8; i += 1) linger().write('{"kind":"traceback"}\n');
    await expect.poll(() => say('{"kind":"traceback"}\n').catch(() => null)).toEqual({ lines: reply });
  });

  it('is a warning where another process has its place', () => {
    open();
    const lines = open();
    expect(lines).toEqual([expect.stringMatching(/^\*\*\* WARNING: uwsgi-node traceback .* in use \*\*\*$/)]);
  });
});
