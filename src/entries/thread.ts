/** The file that a JS thread is started with (src/worker/spawn-thread.ts): runs src/thread/main.ts. */
import { join } from 'node:path';
import { runProgram } from './run-program.js';

runProgram(join(import.meta.dirname, '..'), 'programs/thread.cjs');
