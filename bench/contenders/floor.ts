/** The constant-answer responder of bench/load/floor.cc: what the kernel alone costs. */
import { join } from 'node:path';
import { buildBinary } from '../binaries.js';
import type { Contender } from '../contender.js';

function constant(name: string, label: string, protocol: 'uwsgi' | 'fastcgi'): Contender {
  return {
    name,
    label,
    reference: true,
    unavailable: () => null,
    async prepare({ dir, processes }) {
      const address = join(dir, 'app.sock');
      const options = ['--processes', String(processes), '--protocol', protocol];
      return {
        command: [await buildBinary('floor'), '--socket', address, ...options],
        endpoint: { protocol, address },
      };
    },
  };
}

export const floor = constant('floor', 'C++ floor', 'uwsgi');
/** Over connections that stay open. */
export const fastcgiFloor = constant('fastcgi-floor', 'C++ FastCGI floor', 'fastcgi');
