/**
 * Takes a snapshot of the instance: from the scoreboard, /proc and what the master itself knows. No worker is asked, so
 * that a stuck one holds nothing up. Runs in the master.
 */
import { readFileSync } from 'node:fs';
import { packageVersion } from '../config/version.js';
import type { NativeSockets } from '../native.js';
import type { Snapshot, SocketSnapshot, WorkerSnapshot } from '../stats/snapshot.js';
import { addTally, emptyTally } from '../stats/tally.js';
import type { Crew } from './crew.js';
import type { Instance } from './instance.js';
import { backlogOf } from './listeners.js';
import type { Slot } from './slot.js';

export interface CensusParts {
  crew: Crew;
  instance: Pick<Instance, 'listeners' | 'settings' | 'scoreboard'>;
  phase(): Snapshot['phase'];
  crons(): Snapshot['crons'];
  native: Pick<NativeSockets, 'queueDepth'>;
}

export class Census {
  readonly #parts: CensusParts;
  readonly #startedAt = Math.floor(Date.now() / 1000 - process.uptime());
  readonly #version = packageVersion();

  constructor(parts: CensusParts) {
    this.#parts = parts;
  }

  take(): Snapshot {
    const { crew, phase, instance } = this.#parts;
    const workers = crew.slots.map((slot) => this.#worker(slot));
    const retiring = [...crew.retiring].map(({ id, pid, score }) => ({
      id,
      pid: pid ?? 0,
      open: score?.open ?? 0,
    }));
    const open = [...workers, ...retiring].reduce((sum, each) => sum + each.open, 0);
    return {
      takenAt: Date.now(),
      version: this.#version,
      pid: process.pid,
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
      cwd: process.cwd(),
      phase: phase(),
      startedAt: this.#startedAt,
      sockets: this.#sockets(),
      workers,
      retiring,
      tally: instance.scoreboard?.tally() ?? emptyTally(),
      open,
      respawns: Object.fromEntries(crew.respawns),
      rss: memoryOf(process.pid).rss,
      crons: this.#parts.crons(),
    };
  }

  #sockets(): SocketSnapshot[] {
    const { listeners, settings } = this.#parts.instance;
    const maxQueue = backlogOf(settings.listen).length;
    return listeners.map(({ name, protocol, fd }) => {
      const queue = this.#parts.native.queueDepth(fd);
      return { name, protocol, queue: queue < 0 ? null : queue, maxQueue };
    });
  }

  #worker({ id, worker, lives }: Slot): WorkerSnapshot {
    const activities = worker?.cores ?? [];
    const tallies = this.#parts.instance.scoreboard?.tallies(id) ?? [];
    const tally = emptyTally();
    for (const each of tallies) addTally(tally, each);
    return {
      id,
      pid: worker?.pid ?? 0,
      state: worker === null || worker.state === 'gone' ? 'none' : worker.state,
      spawnedAt: worker?.spawnedAt ?? 0,
      spawns: lives,
      loadTime: worker?.loadTime ?? null,
      ...memoryOf(worker?.pid ?? null),
      tally,
      requests: worker?.score?.finished ?? 0,
      open: activities.reduce((sum, { open }) => sum + open, 0),
      cores: activities.map((core) => ({ ...core, tally: tallies[core.id] ?? emptyTally() })),
    };
  }
}

/** Bytes of a process, from the kernel; zeros when it has gone. */
function memoryOf(pid: number | null): { rss: number; vsz: number } {
  try {
    const [pages = 0, resident = 0] = readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ').map(Number);
    return { rss: resident * PAGE, vsz: pages * PAGE };
  } catch {
    return { rss: 0, vsz: 0 };
  }
}

/** Of x86-64, and of arm64 as distributions build it. */
const PAGE = 4096;
