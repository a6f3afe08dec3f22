/** Snapshots for tests: one worker with one core that has done what a test says. */
import type { CoreSnapshot, Snapshot, WorkerSnapshot } from '../../../src/stats/snapshot.js';
import { emptyTally, type Tally } from '../../../src/stats/tally.js';

export const tallyOf = (changes: Partial<Tally> = {}): Tally => ({ ...emptyTally(), ...changes });

export const coreOf = (changes: Partial<CoreSnapshot> = {}): CoreSnapshot => ({
  id: 0,
  tally: tallyOf(),
  open: 0,
  load: 0,
  current: null,
  vitals: null,
  ...changes,
});

export const workerOf = (changes: Partial<WorkerSnapshot> = {}): WorkerSnapshot => ({
  id: 1,
  pid: 101,
  state: 'ready',
  spawnedAt: 1_700_000_000,
  spawns: 1,
  loadTime: 1200,
  rss: 1024,
  vsz: 4096,
  tally: tallyOf(),
  requests: 0,
  open: 0,
  cores: [coreOf()],
  ...changes,
});

export const snapshotOf = (changes: Partial<Snapshot> = {}): Snapshot => ({
  takenAt: 1_700_000_100_000,
  version: '1.2.3',
  pid: 100,
  uid: 33,
  gid: 33,
  cwd: '/srv',
  phase: 'serving',
  startedAt: 1_700_000_000,
  sockets: [{ name: '/run/app.sock', protocol: 'uwsgi', queue: 3, maxQueue: 100 }],
  workers: [workerOf()],
  retiring: [],
  tally: tallyOf(),
  open: 0,
  respawns: {},
  rss: 2048,
  crons: [],
  ...changes,
});
