/**
 * How much work the slow requests of the hello applications do: PBKDF2, the same OpenSSL code for Node and for Python,
 * in as many rounds as take 20 ms of CPU here. A number of rounds and not a clock, because Node 20 cannot read a
 * thread's CPU time, and a wall clock would burn less the busier the machine is.
 */
import { spawnSync } from 'node:child_process';
import { pbkdf2Sync } from 'node:crypto';

const SLOW_MS = 20;
const ROUNDS = 20_000;
const TRIES = 15;

export interface SlowRounds {
  node: number;
  python: number;
}

const PYTHON_SCRIPT = `
import hashlib, time
best = 1.0
for _ in range(${TRIES}):
    start = time.thread_time()
    hashlib.pbkdf2_hmac('sha256', b'password', b'salt', ${ROUNDS}, 32)
    best = min(best, time.thread_time() - start)
print(best * 1000)
`;

/** Milliseconds of CPU for ROUNDS rounds: the best of a few tries, since noise only ever adds. */
function nodeMs(): number {
  const tries = Array.from({ length: TRIES }, () => {
    const before = process.cpuUsage();
    pbkdf2Sync('password', 'salt', ROUNDS, 32, 'sha256');
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...tries);
}

/** Debian's Python, which is the one that uwsgi_python3 embeds; null without it. */
function pythonMs(): number | null {
  const { status, stdout } = spawnSync('/usr/bin/python3', ['-c', PYTHON_SCRIPT], { encoding: 'utf8' });
  return status === 0 ? Number(stdout) : null;
}

export function calibrateSlowRounds(): SlowRounds {
  const rounds = (ms: number) => Math.round((SLOW_MS / ms) * ROUNDS);
  const node = nodeMs();
  return { node: rounds(node), python: rounds(pythonMs() ?? node) };
}
