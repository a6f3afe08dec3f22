/** One application, started by itself with node:http and by this server, unchanged. */
import { join } from 'node:path';
import type { Contender } from '../contender.js';
import { appsDir, cli } from '../paths.js';
import { freePort } from '../ports.js';
import { uwsgiNode } from './uwsgi-node.js';

export interface Framework {
  name: string;
  app: string;
}

export const frameworks: readonly Framework[] = [
  { name: 'a bare listener', app: 'listener.js' },
  { name: 'Express', app: 'express.js' },
  { name: 'Fastify', app: 'fastify.js' },
];

export function withNodeHttp({ name, app }: Framework): Contender {
  return {
    name: `node-http-${app}`,
    label: `node:http, ${name}`,
    unavailable: () => null,
    async prepare() {
      const port = await freePort();
      return {
        command: [process.execPath, join(appsDir, app), String(port)],
        endpoint: { protocol: 'http', address: `127.0.0.1:${port}` },
      };
    },
  };
}

export function withUwsgiNode({ name, app }: Framework): Contender {
  return {
    name: `uwsgi-node-${app}`,
    label: `uwsgi-node, ${name}`,
    unavailable: uwsgiNode.unavailable,
    async prepare({ dir }) {
      const address = join(dir, 'app.sock');
      const options = ['--master', '--processes', '1', '--threads', '1', '--disable-logging'];
      return {
        command: [process.execPath, cli, '--socket', address, '--wsgi-file', join(appsDir, app), ...options],
        endpoint: { protocol: 'uwsgi', address },
      };
    },
  };
}
