import { describe, expect, it } from 'vitest';
import { arePassedToAnother, passedSockets } from '../../../src/config/passed-sockets.js';

const PID = 4711;

describe('passedSockets', () => {
  it('are numbered from 3 on, with their names', () => {
    const env = { LISTEN_PID: '4711', LISTEN_FDS: '3', LISTEN_FDNAMES: 'app.socket:http' };
    expect(passedSockets(env, PID)).toEqual([
      { fd: 3, name: 'app.socket' },
      { fd: 4, name: 'http' },
      { fd: 5, name: '' },
    ]);
  });

  it.each([
    {},
    { LISTEN_FDS: '1' },
    { LISTEN_PID: '4712', LISTEN_FDS: '1' },
    { LISTEN_PID: '4711', LISTEN_FDS: '0' },
    { LISTEN_PID: '4711', LISTEN_FDS: 'one' },
    { LISTEN_PID: '4711', LISTEN_FDS: '1e9' },
  ])('are none under %o', (env) => {
    expect(passedSockets(env, PID)).toEqual([]);
  });
});

it('arePassedToAnother tells sockets that a process in between has kept', () => {
  expect(arePassedToAnother({ LISTEN_PID: '1', LISTEN_FDS: '1' }, PID)).toBe(true);
  expect(arePassedToAnother({ LISTEN_PID: '4711', LISTEN_FDS: '1' }, PID)).toBe(false);
  expect(arePassedToAnother({}, PID)).toBe(false);
});
