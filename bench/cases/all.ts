/** Every case, in the order of the table. */
import type { Case } from '../session.js';
import { busyThread } from './busy-thread.js';
import { fastcgi } from './fastcgi.js';
import { frameworksCase } from './frameworks.js';
import { growth } from './growth.js';
import { headerSets } from './header-sets.js';
import { http } from './http.js';
import { idleMemory } from './idle-memory.js';
import { idleThreads } from './idle-threads.js';
import { lanes } from './lanes.js';
import { logging } from './logging.js';
import { memory } from './memory.js';
import { nodeServers } from './node-servers.js';
import { oneProcess } from './one-process.js';
import { payloadsCase } from './payloads.js';
import { slowNeighbours } from './slow-neighbours.js';
import { startUp } from './start-up.js';
import { transfers } from './transfers.js';
import { tuning } from './tuning.js';
import { twoProcesses } from './two-processes.js';
import { waiting } from './waiting.js';

export const cases: readonly Case[] = [
  oneProcess,
  twoProcesses,
  headerSets,
  fastcgi,
  logging,
  lanes,
  frameworksCase,
  http,
  nodeServers,
  payloadsCase,
  waiting,
  slowNeighbours,
  idleThreads,
  busyThread,
  startUp,
  idleMemory,
  transfers,
  memory,
  growth,
  tuning,
];
