/** This server, through each of its doors. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Contender } from '../contender.js';
import { appsDir, cli } from '../paths.js';
import { freePort } from '../ports.js';
import type { Endpoint } from '../probe.js';

const quiet = ['--disable-logging'];

function served(
  name: string,
  label: string,
  option: string,
  protocol: Endpoint['protocol'],
  address: (dir: string) => string | Promise<string>,
  more: readonly string[] = quiet,
): Contender {
  return {
    name,
    label,
    unavailable: () => (existsSync(cli) ? null : 'dist/cli.cjs is not built: npm run build'),
    async prepare({ dir, processes, threads, slowRounds }) {
      const endpoint = { protocol, address: await address(dir) };
      const shape = ['--processes', String(processes), '--threads', String(threads)];
      const application = ['--chdir', appsDir, '--module', 'hello', '--master', ...shape];
      return {
        command: [process.execPath, cli, option, endpoint.address, ...application, ...more],
        endpoint,
        env: { BENCH_SLOW_ROUNDS: String(slowRounds.node) },
      };
    },
  };
}

const unixSocket = (dir: string) => join(dir, 'app.sock');
const tcpPort = async () => `127.0.0.1:${await freePort()}`;

export const uwsgiNode = served('uwsgi-node', 'uwsgi-node', '--socket', 'uwsgi', unixSocket);
export const uwsgiNodeFastcgi = served(
  'uwsgi-node-fastcgi',
  'uwsgi-node, FastCGI',
  '--fastcgi-socket',
  'fastcgi',
  unixSocket,
);
export const uwsgiNodeHttp = served('uwsgi-node-http', 'uwsgi-node, HTTP', '--http-socket', 'http', tcpPort);
/** For nginx: the same HTTP over a unix socket. */
export const uwsgiNodeHttpUnix = served(
  'uwsgi-node-http-unix',
  'uwsgi-node, HTTP over a unix socket',
  '--http-socket',
  'http',
  unixSocket,
);

export const uwsgiNodeTcp = served(
  'uwsgi-node-tcp',
  'uwsgi-node, uwsgi over TCP',
  '--socket',
  'uwsgi',
  tcpPort,
);
/** With a queue that uWSGI's users know: its default is 100. */
export const uwsgiNodeShortQueue = served(
  'uwsgi-node-short-queue',
  'uwsgi-node, listen = 100',
  '--socket',
  'uwsgi',
  unixSocket,
  [...quiet, '--listen', '100'],
);

const logged = (name: string, label: string, ...more: string[]) =>
  served(`uwsgi-node-${name}`, `uwsgi-node, ${label}`, '--socket', 'uwsgi', unixSocket, more);

/** With a line for each request in a file: as uWSGI writes it, in nginx's format, as JSON. */
export const uwsgiNodeLogs = [
  logged('logging', 'request log'),
  logged(
    'log-format',
    'log-format',
    '--log-format',
    '%(addr) - %(user) [%(ltime)] "%(method) %(uri) %(proto)" %(status) %(rsize) "%(referer)" "%(uagent)"',
  ),
  logged('log-json', 'log-json', '--log-json'),
];
