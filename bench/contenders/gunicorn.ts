/** gunicorn, as Debian packages it: the other application server that Python users have. */
import type { Contender } from '../contender.js';
import { versionOf } from '../machine.js';
import { appsDir } from '../paths.js';
import { freePort } from '../ports.js';

export const gunicorn: Contender = {
  name: 'gunicorn',
  label: 'gunicorn + Python',
  unavailable: () =>
    versionOf('gunicorn', '--version') === null
      ? 'gunicorn is not installed: apt-get install gunicorn'
      : null,
  async prepare({ processes, threads, slowRounds }) {
    const address = `127.0.0.1:${await freePort()}`;
    const shape = ['--workers', String(processes), '--threads', String(threads)];
    return {
      command: ['gunicorn', '--bind', address, ...shape, '--chdir', appsDir, 'hello:application'],
      endpoint: { protocol: 'http', address },
      env: { PYTHONDONTWRITEBYTECODE: '1', BENCH_SLOW_ROUNDS: String(slowRounds.python) },
    };
  },
};
