/** The constant-answer responder of bench/load/floor.cc: what the kernel alone costs. */
import { join } from 'node:path';
import { buildBinary } from '../binaries.js';
import type { Contender } from '../contender.js';

export const floor: Contender = {
  name: 'floor',
  label: 'C++ floor',
  unavailable: () => null,
  async prepare(launch) {
    const address = join(launch.dir, 'app.sock');
    const processes = String(launch.processes);
    return {
      command: [await buildBinary('floor'), '--socket', address, '--processes', processes],
      endpoint: { protocol: 'uwsgi', address },
    };
  },
};
