import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Handover } from '../../../src/master/handover.js';
import { Upgrade } from '../../../src/master/upgrade.js';

const { argv } = process;
beforeEach(() => {
  // What it tries, and would execute.
  process.argv = [process.execPath, '-e', '0'];
});
afterEach(() => {
  process.argv = argv;
});

const handover: Handover = {
  listeners: [],
  endpoints: [],
  exchange: null,
  lifelines: [9],
  workers: [],
  pidfiles: [],
  reloads: 0,
};

/** @param stopsAt the step in which the server is told to stop */
function create({ stopsAt = '' } = {}) {
  const steps: string[] = [];
  const step = (name: string) => steps.push(name);
  const upgrade = new Upgrade({
    env: process.env,
    cwd: () => process.cwd(),
    native: {
      keepAcrossExec: (fd, isKept) => {
        if (fd === 9) step(isKept ? 'keep' : 'keep not');
        return null;
      },
      replaceImage: () => {
        step('execute');
        return 'Exec format error';
      },
    },
    log: () => step('try'),
    isStopping: () => steps.includes(stopsAt),
    leave: async () => void step('leave'),
    handOver: () => {
      step('hand over');
      return handover;
    },
    stay: () => step('stay'),
  });
  return { steps, upgrade };
}

it('undoes everything when the next program cannot be executed', async () => {
  const { steps, upgrade } = create();
  await expect(upgrade.run()).rejects.toThrow(/cannot be executed: Exec format error;/);
  expect(steps).toEqual(['try', 'leave', 'hand over', 'keep', 'execute', 'keep not', 'stay']);
});

it.each([
  ['try', ['try']],
  ['leave', ['try', 'leave']],
])('executes nothing when the server is told to stop meanwhile (%s)', async (stopsAt, expected) => {
  const { steps, upgrade } = create({ stopsAt });
  await expect(upgrade.run()).rejects.toThrow(/cannot be executed: the server stops;/);
  expect(steps).toEqual(expected);
});
