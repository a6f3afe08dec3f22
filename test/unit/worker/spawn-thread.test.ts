import { expect, it } from 'vitest';
import { limitsOf } from '../../../src/worker/spawn-thread.js';

it('a thread has the heap that is configured, and a stack where it is larger than that of Node', () => {
  const limits = (threadHeapLimit: number, threadStackSize: number) =>
    limitsOf({ threadHeapLimit, threadStackSize });
  expect(limits(0, 0)).toBeNull();
  expect(limits(0, 512)).toBeNull();
  expect(limits(48, 4096)).toEqual({ maxOldGenerationSizeMb: 48 });
  expect(limits(0, 10_240)).toEqual({ stackSizeMb: 10 });
  expect(limits(48, 8192)).toEqual({ maxOldGenerationSizeMb: 48, stackSizeMb: 8 });
});
