/** This server. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Contender, Launch } from '../contender.js';
import { appsDir, cli } from '../paths.js';
import { freePort } from '../ports.js';

const unavailable = () => (existsSync(cli) ? null : 'dist/cli.cjs is not built: npm run build');

function commandLine(launch: Launch, listener: readonly string[]): readonly [string, ...string[]] {
  return [
    process.execPath,
    cli,
    ...listener,
    '--chdir',
    appsDir,
    '--module',
    'hello',
    '--master',
    '--processes',
    String(launch.processes),
    '--threads',
    String(launch.threads),
    '--disable-logging',
  ];
}

const env = (launch: Launch) => ({ BENCH_SLOW_ROUNDS: String(launch.slowRounds.node) });

export const uwsgiNode: Contender = {
  name: 'uwsgi-node',
  label: 'uwsgi-node',
  unavailable,
  async prepare(launch) {
    const address = join(launch.dir, 'app.sock');
    return {
      command: commandLine(launch, ['--socket', address]),
      endpoint: { protocol: 'uwsgi', address },
      env: env(launch),
    };
  },
};

/** The same, speaking HTTP itself. */
export const uwsgiNodeHttp: Contender = {
  name: 'uwsgi-node-http',
  label: 'uwsgi-node --http-socket',
  unavailable,
  async prepare(launch) {
    const address = `127.0.0.1:${await freePort()}`;
    return {
      command: commandLine(launch, ['--http-socket', address]),
      endpoint: { protocol: 'http', address },
      env: env(launch),
    };
  },
};
