/**
 * Entry of a worker process. Its first JS thread boots on a processor of its own while this one reads the rest (process.ts).
 */
import { prepareThread } from './spawn-thread.js';

// A terminal sends these to the whole group, and systemd to all processes of the unit. The master alone decides; a worker
// follows what it says, or its death.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP'] as const) process.on(signal, () => {});

// The master passes the title as argv[0], where it makes its own room; this takes away the rest of the command line.
process.title = process.argv0;

prepareThread();
void import('./process.js');
