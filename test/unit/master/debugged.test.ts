import { expect, it } from 'vitest';
import { defaultSettings } from '../../../src/config/default-settings.js';
import { Debugged } from '../../../src/master/debugged.js';

const origin = { file: null, line: null };
const inspect = { host: '127.0.0.1', port: 9229, origin };
const settings = { ...defaultSettings(), inspect, inspectWorker: 2 };

function worker(id: number, state = 'ready') {
  const taken: string[] = [];
  return { id, state, taken, takeDebugPort: () => taken.push('taken') };
}

it('gives the port to the worker of that number, and to the next one only when it has gone', () => {
  const debugged = new Debugged();
  const [old, next, last] = [worker(2), worker(2, 'starting'), worker(2)];
  expect(debugged.isFree(settings, 1)).toBe(false);
  expect(debugged.isFree(defaultSettings(), 2)).toBe(false);
  expect(debugged.isFree(settings, 2)).toBe(true);
  debugged.hold(old);
  expect(debugged.isFree(settings, 2)).toBe(false);
  debugged.release(worker(1), settings, [next]);
  expect(next.taken).toEqual([]);
  old.state = 'gone';
  debugged.release(old, settings, [old, next]);
  expect(next.taken).toEqual(['taken']);
  // Nobody lives who could have it: the next one that is started has it at once.
  next.state = 'gone';
  debugged.release(next, settings, [worker(2, 'gone'), null, undefined]);
  expect(debugged.isFree(settings, 2)).toBe(true);
  debugged.hold(last);
  debugged.release(last, defaultSettings(), [worker(2)]);
  expect(debugged.isFree(settings, 2)).toBe(true);
});
