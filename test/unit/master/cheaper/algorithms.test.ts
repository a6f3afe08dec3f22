import { describe, expect, it } from 'vitest';
import type { Decision, Sample } from '../../../../src/master/cheaper/algorithm.js';
import { algorithmOf } from '../../../../src/master/cheaper/algorithms.js';
import { settings } from '../fake-worker.js';

/** An algorithm that is asked about one second after the other. */
function create(changes: Parameters<typeof settings>[0]) {
  const algorithm = algorithmOf(settings({ processes: 8, cheaper: 1, ...changes }));
  const look = (sample: Partial<Sample>): Decision =>
    algorithm.decide({ running: 1, load: 0, waiting: 0, startable: 7, stoppable: true, ...sample });
  /** What it decides in as many seconds that are all the same. */
  const seconds = (count: number, sample: Partial<Sample>) =>
    Array.from({ length: count }, () => look(sample)).flatMap(({ start, stop }) =>
      start === undefined ? (stop ? ['stop'] : []) : [start],
    );
  return { look, seconds };
}

describe('spare', () => {
  it('starts cheaper-step workers when for cheaper-overload seconds none had time to spare', () => {
    const { seconds } = create({ cheaperOverload: 3, cheaperStep: 2 });
    expect(seconds(2, { load: 0.9 })).toEqual([]);
    expect(seconds(1, { load: 0.9 })).toEqual([2]);
    expect(seconds(2, { load: 0.9 })).toEqual([]);
    expect(seconds(1, { load: 0.1 })).toEqual([]);
    expect(seconds(2, { load: 0.9 })).toEqual([]);
  });

  it('lets one go when for as long two had', () => {
    const { seconds } = create({ cheaperOverload: 3 });
    expect(seconds(6, { running: 3, load: 1.2 })).toEqual(['stop', 'stop']);
    expect(seconds(6, { running: 2, load: 1 })).toEqual([]);
  });

  it('counts the free time of all of them: a load that is spread leaves nobody idle', () => {
    const { seconds } = create({ cheaperOverload: 1 });
    expect(seconds(1, { running: 4, load: 3.7 })).toEqual([1]);
    expect(seconds(1, { running: 4, load: 2 })).toEqual(['stop']);
  });

  it('does not start at once what it has stopped, nor the other way round, whatever the load', () => {
    for (let load = 0; load < 8; load += 0.05) {
      const { seconds } = create({ cheaperOverload: 1 });
      let running = 4;
      const changes: string[] = [];
      for (let time = 0; time < 20; time += 1) {
        for (const what of seconds(1, { running, load: Math.min(load, running) })) {
          if (what === 'stop' && running > 1) changes.push('stop');
          else if (what !== 'stop' && running < 8) changes.push('start');
          running = Math.min(8, Math.max(1, running + (what === 'stop' ? -1 : 1)));
        }
      }
      expect(new Set(changes).size).toBeLessThan(2);
    }
  });
});

describe('backlog', () => {
  it('starts workers while more connections wait than cheaper-overload, and lets one go when fewer do', () => {
    const { seconds } = create({ cheaperAlgo: 'backlog', cheaperOverload: 10, cheaperStep: 3 });
    expect(seconds(2, { waiting: 11 })).toEqual([3, 3]);
    expect(seconds(2, { waiting: 10 })).toEqual([]);
    expect(seconds(2, { waiting: 9 })).toEqual(['stop', 'stop']);
  });
});

describe('manual', () => {
  it('decides nothing', () => {
    expect(create({ cheaperAlgo: 'manual' }).seconds(9, { load: 1, waiting: 100 })).toEqual([]);
  });
});

describe('busyness', () => {
  const busyness = (changes = {}) =>
    create({ cheaperAlgo: 'busyness', cheaperOverload: 2, cheaperBusynessMultiplier: 3, ...changes });

  it('starts workers when the average of a cycle is above the upper bound', () => {
    const { look, seconds } = busyness({ cheaperStep: 2 });
    expect(look({ running: 2, load: 2 })).toEqual({});
    expect(look({ running: 2, load: 0.1 })).toEqual({
      start: 2,
      why: '[busyness] 2s average busyness is at 53%, will spawn 2 new worker(s)',
    });
    expect(seconds(2, { running: 4, load: 2 })).toEqual([]);
  });

  it('lets one go after cheaper-busyness-multiplier quiet cycles', () => {
    const { look, seconds } = busyness();
    expect(seconds(4, { running: 2, load: 0.2 })).toEqual([]);
    expect(seconds(2, { running: 2, load: 0.8 })).toEqual([]);
    expect(seconds(5, { running: 2, load: 0.2 })).toEqual([]);
    expect(look({ running: 2, load: 0.2 })).toEqual({
      stop: true,
      why: '[busyness] 2s average busyness is at 10%, cheap one of 2 running workers',
    });
    expect(seconds(20, { running: 1, load: 0, stoppable: false })).toEqual([]);
  });

  it('waits longer when a worker was missed right after it had gone', () => {
    const { seconds } = busyness({ cheaperBusynessPenalty: 2 });
    expect(seconds(6, { running: 2, load: 0 })).toEqual(['stop']);
    expect(seconds(2, { running: 1, load: 1 })).toEqual([1]);
    expect(seconds(9, { running: 2, load: 0 })).toEqual([]);
    expect(seconds(1, { running: 2, load: 0 })).toEqual(['stop']);
    // This one is not missed for a long time: the penalty is over.
    expect(seconds(40, { running: 2, load: 0.8 })).toEqual([]);
    expect(seconds(2, { running: 1, load: 1 })).toEqual([1]);
    expect(seconds(6, { running: 2, load: 0 })).toEqual(['stop']);
  });

  it('answers a long queue at once, and a short one that lasts', () => {
    const { look, seconds } = busyness({
      cheaperOverload: 100,
      cheaperBusynessBacklogAlert: 30,
      cheaperBusynessBacklogStep: 2,
      cheaperBusynessBacklogNonzero: 4,
    });
    expect(look({ waiting: 31 })).toEqual({
      start: 2,
      why: '[busyness] 31 requests in listen queue, spawning 2 emergency worker(s) (2)!',
    });
    expect(seconds(3, { waiting: 1 })).toEqual([]);
    expect(look({ waiting: 1 })).toEqual({
      start: 2,
      why: '[busyness] backlog was non-zero for 4 second(s), spawning 2 emergency worker(s)',
    });
    expect(seconds(9, { waiting: 31, startable: 0 })).toEqual([]);
  });

  it('lets workers that came for a queue go sooner', () => {
    const { seconds } = busyness({
      cheaperOverload: 1,
      cheaperBusynessMultiplier: 50,
      cheaperBusynessBacklogMultiplier: 3,
    });
    expect(seconds(1, { waiting: 100 })).toEqual([1]);
    expect(seconds(10, { running: 2, load: 0 })).toEqual(['stop']);
  });

  it('says what it sees when it is asked to', () => {
    const { look } = busyness({ cheaperOverload: 1, cheaperBusynessVerbose: true });
    expect(look({ running: 2, load: 0.6 }).why).toBe(
      '[busyness] 1s average busyness of 2 worker(s) is at 30%',
    );
    expect(look({ running: 8, load: 8, startable: 0 }).why).toContain('maximum number of workers (8)');
  });
});
