/** The file that a worker process is started with (src/master/worker-spawner.ts): runs src/worker/main.ts. */
import { join } from 'node:path';
import { runProgram } from './run-program.js';

runProgram(join(import.meta.dirname, '..'), 'programs/worker.cjs');
