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

/** The doors that nginx has to this server: `uwsgi_pass`, and `fastcgi_pass` over connections that it keeps. */
const doors = {
  uwsgi: { option: '--socket', suffix: '', words: '' },
  fastcgi: { option: '--fastcgi-socket', suffix: '-fastcgi', words: ' over FastCGI' },
} as const;

export type Door = keyof typeof doors;

export function withUwsgiNode({ name, app }: Framework, protocol: Door = 'uwsgi'): Contender {
  const { option, suffix, words } = doors[protocol];
  return {
    name: `uwsgi-node-${app}${suffix}`,
    label: `uwsgi-node, ${name}${words}`,
    unavailable: uwsgiNode.unavailable,
    async prepare({ dir }) {
      const address = join(dir, 'app.sock');
      const options = ['--master', '--processes', '1', '--threads', '1', '--disable-logging'];
      return {
        command: [process.execPath, cli, option, address, '--wsgi-file', join(appsDir, app), ...options],
        endpoint: { protocol, address },
      };
    },
  };
}
