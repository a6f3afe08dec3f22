import { describe, expect, it } from 'vitest';
import { startErrors } from '../../../src/errors.js';
import { Reloader } from '../../../src/master/reload.js';
import { fakeSpawn, settings } from './fake-worker.js';

/** A reloader whose preparations and exchanges end when the test says so. */
function create() {
  const seen: string[] = [];
  const preparations: PromiseWithResolvers[] = [];
  const exchanges: ((isDone: boolean) => void)[] = [];
  const state = { isStopping: false };
  const life = { settings: settings(), listeners: [], spawn: fakeSpawn().spawn };
  const reloader = new Reloader({
    prepare: () =>
      new Promise((resolve, reject) => {
        preparations.push({
          resolve: () =>
            resolve({
              life,
              commit: () => ['committed'],
              rollBack: () => seen.push('rolled back'),
            }),
          reject,
        });
      }),
    workforce: {
      get isStopping() {
        return state.isStopping;
      },
      life,
      replaceAll: (_, commit, isBrutal) =>
        new Promise((resolve) => {
          if (isBrutal) seen.push('brutal');
          exchanges.push((isDone) => {
            if (isDone) commit();
            resolve(isDone);
          });
        }),
      replaceInTurn: () => new Promise((resolve) => exchanges.push(resolve)),
    },
    log: (...lines) => seen.push(...lines),
  });
  return { reloader, seen, preparations, exchanges, state };
}

interface PromiseWithResolvers {
  resolve(): void;
  reject(error: Error): void;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('Reloader', () => {
  it('prepares, exchanges, commits', async () => {
    const { reloader, seen, preparations, exchanges } = create();
    reloader.request('asked');
    preparations[0]!.resolve();
    await turn();
    exchanges[0]!(true);
    await turn();
    expect(seen).toEqual(['asked', 'committed']);
  });

  it('rolls back and says so when the new workers cannot serve', async () => {
    const { reloader, seen, preparations, exchanges } = create();
    reloader.request('asked');
    preparations[0]!.resolve();
    await turn();
    exchanges[0]!(false);
    await turn();
    expect(seen.slice(1)).toEqual(['rolled back', expect.stringContaining('reload given up')]);
  });

  it('changes nothing when the configuration cannot be used', async () => {
    const { reloader, seen, preparations, exchanges } = create();
    reloader.request('asked');
    preparations[0]!.reject(startErrors.notAServer());
    await turn();
    expect(exchanges).toEqual([]);
    expect(seen.slice(1)).toEqual([
      expect.stringMatching(/^uwsgi-node: /),
      expect.stringContaining('reload refused'),
    ]);
  });

  it('follows a reload by one more, however often it was asked for', async () => {
    const { reloader, preparations, exchanges } = create();
    for (let count = 0; count < 4; count += 1) reloader.request('asked');
    for (let count = 0; count < 3; count += 1) {
      preparations[count]?.resolve();
      await turn();
      exchanges[count]?.(true);
      await turn();
    }
    expect(preparations).toHaveLength(2);
    reloader.request('asked later');
    expect(preparations).toHaveLength(3);
  });

  it('does nothing any more when the server stops', async () => {
    const { reloader, seen, preparations, exchanges, state } = create();
    reloader.request('asked');
    reloader.request('asked');
    preparations[0]!.resolve();
    await turn();
    state.isStopping = true;
    exchanges[0]!(false);
    await turn();
    reloader.request('asked');
    expect(preparations).toHaveLength(1);
    expect(seen.at(-1)).toBe('rolled back');
  });

  it('reads no configuration for the workers alone, nor for a chain', async () => {
    const { reloader, seen, preparations, exchanges } = create();
    reloader.request('asked', 'workers-brutal');
    await turn();
    exchanges[0]!(true);
    await turn();
    reloader.request('asked again', 'chain');
    exchanges[1]!(true);
    await turn();
    expect(preparations).toEqual([]);
    expect(seen).toEqual([
      'asked',
      'brutal',
      'asked again',
      'chain reload starting...',
      'chain reloading complete',
    ]);
  });

  it('lets a queued reload of everything stand for a smaller one', async () => {
    const { reloader, preparations, exchanges } = create();
    reloader.request('asked', 'workers');
    reloader.request('asked', 'full');
    reloader.request('asked', 'chain');
    await turn();
    exchanges[0]!(true);
    await turn();
    expect(preparations).toHaveLength(1);
  });
});
