/**
 * The file that a worker process is started with (src/master/worker-spawner.ts). The first JS thread boots on a processor
 * of its own while this one reads the rest, src/worker/main.ts.
 */
import { join } from 'node:path';
import { prepareThread, spawnThread } from '../worker/spawn-thread.js';
import { runProgram } from './run-program.js';

// A terminal sends these to the whole group, and systemd to all processes of the unit. The master alone decides; a worker
// follows what it says, or its death.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP'] as const) process.on(signal, () => {});

// The master passes the title as argv[0], where it makes its own room; this takes away the rest of the command line.
process.title = process.argv0;

prepareThread();
const program = runProgram(join(import.meta.dirname, '..'), 'programs/worker.cjs');
(program as typeof import('../worker/main.js')).runWorker(spawnThread);
