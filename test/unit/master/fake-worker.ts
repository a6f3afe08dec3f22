/** A worker process without a process: tests say what it sends and how it ends, and look at what it was sent. */
import { EventEmitter } from 'node:events';
import { defaultSettings } from '../../../src/config/default-settings.js';
import type { SpawnWorker } from '../../../src/master/worker-handle.js';
import type { MasterToWorker, WorkerToMaster } from '../../../src/messages.js';

export class FakeWorker extends EventEmitter {
  readonly sent: MasterToWorker[] = [];
  readonly killed: NodeJS.Signals[] = [];

  constructor(readonly pid: number | undefined) {
    super();
  }

  send(message: MasterToWorker): boolean {
    this.sent.push(message);
    return true;
  }

  kill(signal: NodeJS.Signals): boolean {
    this.killed.push(signal);
    return true;
  }

  say(message: WorkerToMaster): void {
    this.emit('message', message);
  }

  ready(): void {
    this.say({
      type: 'ready',
      app: { file: '/srv/wsgi.js', callable: 'application', kind: 'wsgi', loadTime: 1234 },
      http: null,
    });
  }

  end(code: number | null, signal: NodeJS.Signals | null = null): void {
    this.emit('exit', code, signal);
    this.emit('close', code, signal);
  }
}

/** Collects the workers that were spawned; their pids count up from 101. */
export function fakeSpawn() {
  const workers: FakeWorker[] = [];
  const spawn: SpawnWorker = () => {
    const worker = new FakeWorker(101 + workers.length);
    workers.push(worker);
    return worker;
  };
  return { workers, spawn };
}

export const settings = (changes = {}) => ({ ...defaultSettings(), master: true, ...changes });
