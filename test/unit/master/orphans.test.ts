import { execFile } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Reaper, zombiesOf } from '../../../src/master/orphans.js';

describe('Reaper', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  function create() {
    const state = { dead: [] as number[], reaped: [] as number[] };
    const source = new EventEmitter();
    const native = {
      reap: (pid: number) => {
        state.reaped.push(pid);
        state.dead = state.dead.filter((other) => other !== pid);
        return true;
      },
    };
    const parts = { native, zombies: () => state.dead, source: source as unknown as NodeJS.Process };
    return { state, source, reaper: new Reaper(parts) };
  }

  it('collects who is still dead a second later, and nobody who has just died', () => {
    const { state, source } = create();
    vi.advanceTimersByTime(1_001);
    state.dead = [7];
    source.emit('SIGCHLD');
    vi.advanceTimersByTime(1_001);
    expect(state.reaped).toEqual([]);
    state.dead = [7, 8];
    vi.advanceTimersByTime(1_001);
    expect(state.reaped).toEqual([7]);
    vi.advanceTimersByTime(1_001);
    expect(state.reaped).toEqual([7, 8]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves those alone that libuv has collected meanwhile', () => {
    const { state, source } = create();
    vi.advanceTimersByTime(1_001);
    state.dead = [7];
    source.emit('SIGCHLD');
    vi.advanceTimersByTime(1_001);
    state.dead = [];
    vi.advanceTimersByTime(1_001);
    expect(state.reaped).toEqual([]);
  });

  it('looks no more once it is closed', () => {
    const { state, source, reaper } = create();
    reaper.close();
    state.dead = [7];
    source.emit('SIGCHLD');
    vi.advanceTimersByTime(5_000);
    expect(state.reaped).toEqual([]);
  });
});

it('zombiesOf finds children that nobody has collected', async () => {
  // The shell becomes a process that collects nobody.
  const parent = execFile('sh', ['-c', 'true & exec sleep 60']);
  await once(parent, 'spawn');
  await vi.waitFor(() => expect(zombiesOf(parent.pid!)).toHaveLength(1), 10_000);
  expect(zombiesOf(process.pid)).toEqual([]);
  parent.kill('SIGKILL');
  await once(parent, 'close');
});
