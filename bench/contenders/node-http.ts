/** What a Node application has without an application server, and the fastest HTTP server that JavaScript can drive. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Contender, Launch } from '../contender.js';
import { appsDir } from '../paths.js';
import { freePort } from '../ports.js';

/** A program of `apps/` that listens on the TCP port in its first argument. */
export function program(
  name: string,
  label: string,
  file: string,
  more: (launch: Launch) => string[] = () => [],
): Contender {
  return {
    name,
    label,
    unavailable: () => null,
    async prepare(launch) {
      const port = await freePort();
      return {
        command: [process.execPath, join(appsDir, file), String(port), ...more(launch)],
        endpoint: { protocol: 'http', address: `127.0.0.1:${port}` },
      };
    },
  };
}

export const nodeHttp = program('node-http', 'node:http', 'node-http.js');
export const nodeCluster = program('node-cluster', 'node:cluster', 'node-http.js', ({ processes }) => [
  String(processes),
]);

function uwsMissing(): string | null {
  try {
    createRequire(join(appsDir, 'uws.cjs')).resolve('uwebsockets');
    return null;
  } catch {
    return 'the package uwebsockets is not installed: npm ci';
  }
}

/** Answers a constant and reads nothing of the request: the floor of HTTP. */
export const bareUws: Contender = {
  ...program('uws', 'bare uWebSockets.js', 'uws.cjs'),
  reference: true,
  unavailable: uwsMissing,
};
/** Does with a request what this server's HTTP front does, by hand. */
export const uwsEnviron: Contender = {
  ...program('uws-environ', 'uWebSockets.js with an environ', 'uws-environ.cjs'),
  unavailable: uwsMissing,
};
