/**
 * What a worker process does in its main JS thread, which is control only. Run by src/entries/worker.ts; at the other end
 * of the channel: src/master/worker-process.ts.
 */
import { Socket } from 'node:net';
import { Channel } from '../channel.js';
import { lastCall } from '../last-call.js';
import { log } from '../log/stderr.js';
import { CHANNEL_FD, type MasterToWorker, type WorkerToMaster } from '../messages.js';
import { native } from '../native.js';
import { answer } from './answers.js';
import { HarakiriWatch } from './harakiri.js';
import { Inspection } from './inspection.js';
import { reopenLogs, saveLogs } from './logs.js';
import type { SpawnThread } from './thread-handle.js';
import { WorkerControl } from './worker.js';

export function runWorker(spawnThread: SpawnThread): void {
  // What the application prints comes through these streams. A reader of the log that has gone (`… | head`) must not end
  // the worker.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

  const channel = new Channel<WorkerToMaster, MasterToWorker>(new Socket({ fd: CHANNEL_FD }));

  const control = new WorkerControl({
    pid: process.pid,
    send: (message, done) => channel.send(message, () => done()),
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
    watchEnd: (fd, ended) => {
      const pipe = new Socket({ fd, readable: true, writable: false });
      pipe.on('close', ended).on('error', () => {});
      pipe.unref().resume();
    },
    saveLogs: (logs) => saveLogs(logs, native),
    scoreboard: native,
  });
  channel.onMessage((message) => control.receive(message));
  // The master may have been killed long before this line.
  channel.onClose(() => control.masterGone());
}
