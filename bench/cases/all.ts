/** Every case, in the order of the table. */
import type { Case } from '../session.js';
import { behindNginx } from './behind-nginx.js';
import { busyThread } from './busy-thread.js';
import { frameworksCase } from './frameworks.js';
import { headerSets } from './header-sets.js';
import { http } from './http.js';
import { idleThreads } from './idle-threads.js';
import { memory } from './memory.js';
import { oneProcess } from './one-process.js';
import { slowNeighbours } from './slow-neighbours.js';
import { startUp } from './start-up.js';
import { transfers } from './transfers.js';
import { twoProcesses } from './two-processes.js';

export const cases: readonly Case[] = [
  oneProcess,
  twoProcesses,
  headerSets,
  slowNeighbours,
  behindNginx,
  frameworksCase,
  idleThreads,
  busyThread,
  startUp,
  transfers,
  memory,
  http,
];
