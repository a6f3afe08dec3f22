/**
 * Loaded with --require into every thread of a server: what V8 has allocated between two moments, collected or not, as its
 * sampling profiler estimates it. The benchmark asks by making files beside BENCH_ALLOCATIONS and waits for the answers.
 */
const { existsSync, writeFileSync } = require('node:fs');
const { Session } = require('node:inspector');
const { threadId } = require('node:worker_threads');

const base = process.env.BENCH_ALLOCATIONS;
const own = `${base}.${process.pid}-${threadId}`;
const SAMPLE_BYTES = 16_384;
const LOOK_MS = 50;

const session = new Session();
session.connect();
let sampling = false;

const sizeOf = ({ selfSize, children }) => children.reduce((sum, child) => sum + sizeOf(child), selfSize);

setInterval(() => {
  if (!sampling && existsSync(`${base}.start`)) {
    sampling = true;
    const collected = { includeObjectsCollectedByMinorGC: true, includeObjectsCollectedByMajorGC: true };
    session.post('HeapProfiler.startSampling', { samplingInterval: SAMPLE_BYTES, ...collected });
    writeFileSync(`${own}.started`, '');
  } else if (sampling && existsSync(`${base}.stop`)) {
    sampling = false;
    session.post('HeapProfiler.stopSampling', (_error, { profile }) => {
      writeFileSync(`${own}.part`, String(sizeOf(profile.head)));
      require('node:fs').renameSync(`${own}.part`, `${own}.bytes`);
    });
  }
}, LOOK_MS).unref();
