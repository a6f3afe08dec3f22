import { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type DoorReply, doorOf } from '../../../src/debugging/door.js';
import { DebugDoor } from '../../../src/master/debug-door.js';
import { native } from '../../../src/native.js';

const doors: DebugDoor[] = [];
afterEach(() => {
  for (const door of doors.splice(0)) door.close();
});

/** Nobody's pid. */
const PID = 4_194_305;

function open({ peer = 1000 } = {}): string[] {
  const lines: string[] = [];
  doors.push(
    new DebugDoor({
      pid: PID,
      uid: () => 1000,
      answer: async (request) => {
        if (request.kind !== 'traceback') throw new Error('no such question');
        return { lines: ['here it is'] };
      },
      native: { ...native, peerOf: () => ({ pid: 1, uid: peer }) },
      log: (...more) => lines.push(...more),
    }),
  );
  return lines;
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
      open({ peer });
      expect(await say('{"kind":"traceback"}\n')).toEqual({ lines: ['here it is'] });
      doors.pop()!.close();
    }
    open({ peer: 1001 });
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

  it('is a warning where another process has its place', () => {
    open();
    const lines = open();
    expect(lines).toEqual([expect.stringMatching(/^\*\*\* WARNING: uwsgi-node traceback .* in use \*\*\*$/)]);
  });
});
