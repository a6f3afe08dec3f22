/** Python uWSGI, as Debian packages it: the server that this project takes after. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Contender } from '../contender.js';
import { versionOf } from '../machine.js';
import { appsDir } from '../paths.js';

/** uWSGI's own default, 100, would turn connections away. It refuses to start with more than the system allows. */
const WANTED_BACKLOG = 1024;

function backlog(): number {
  return Math.min(WANTED_BACKLOG, Number(readFileSync('/proc/sys/net/core/somaxconn', 'latin1')));
}

export const uwsgiPython: Contender = {
  name: 'uwsgi',
  label: 'uWSGI + Python',
  unavailable: () =>
    versionOf('uwsgi_python3', '--version') === null
      ? 'uwsgi_python3 is not installed: apt-get install uwsgi-plugin-python3'
      : null,
  async prepare(launch) {
    const address = join(launch.dir, 'app.sock');
    const threads = launch.threads > 1 ? ['--threads', String(launch.threads)] : [];
    return {
      command: [
        'uwsgi_python3',
        '--socket',
        address,
        '--chdir',
        appsDir,
        '--module',
        'hello',
        '--master',
        '--processes',
        String(launch.processes),
        ...threads,
        '--disable-logging',
        '--die-on-term',
        '--listen',
        String(backlog()),
      ],
      endpoint: { protocol: 'uwsgi', address },
      // Nobody wants __pycache__ in the source tree.
      env: { PYTHONDONTWRITEBYTECODE: '1', BENCH_SLOW_ROUNDS: String(launch.slowRounds.python) },
    };
  },
};
