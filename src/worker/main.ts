/**
 * Entry of a worker process: its main JS thread, which is control only. At the other end of the IPC channel:
 * src/master/worker-handle.ts.
 */
import { lastCall } from '../last-call.js';
import { log } from '../log/stderr.js';
import type { MasterToWorker } from '../messages.js';
import { native } from '../native.js';
import { answer } from './answers.js';
import { HarakiriWatch } from './harakiri.js';
import { Inspection } from './inspection.js';
import { reopenLogs, saveLogs } from './logs.js';
import { spawnThread } from './thread-handle.js';
import { WorkerControl } from './worker.js';

// A terminal sends these to the whole group, and systemd to all processes of the unit. The master alone decides; a worker
// follows what it says, or its death.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP'] as const) process.on(signal, () => {});

// The master passes the title as argv[0], where it makes its own room; this takes away the rest of the command line.
process.title = process.argv0;

// What the application prints comes through these streams. A reader of the log that has gone (`… | head`) must not end
// the worker.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const control = new WorkerControl({
  pid: process.pid,
  send: (message, done) => process.send?.(message, undefined, undefined, done),
  spawnThread,
  lastCall: (listeners) => lastCall(listeners, native),
  exit: (code) => native.exitNow(code),
  kill: () => process.kill(process.pid, 'SIGKILL'),
  watch: (worker) => {
    native.mapScoreboard(worker.board.fd, worker.board.size);
    const inspect = (threadId: number) => Inspection.open(threadId);
    new HarakiriWatch({ ...worker, pid: process.pid, scores: native, inspect, log });
  },
  answer: (workerId, question, threads) => answer(workerId, question, threads, native),
  log,
  pin: (processors) => native.pinProcess(processors),
  reopenLogs: (logs) => reopenLogs(logs, native),
  saveLogs: (logs) => saveLogs(logs, native),
  scoreboard: native,
});
process.on('message', (message) => control.receive(message as MasterToWorker));
process.on('disconnect', () => control.masterGone());
// The master may have been killed before this line was reached.
if (!process.connected) control.masterGone();
