/** What a figure depends on besides the code: hardware, kernel, versions, commit. */
import { spawnSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { root } from './paths.js';

export interface Machine {
  cpu: string;
  cores: number;
  memoryMiB: number;
  kernel: string;
  /** One minute average when the run began: a busy machine has no figures. */
  loadAverage: number;
  versions: Record<string, string | null>;
  commit: string | null;
  /** True when the work tree had changes that the commit does not. */
  dirty: boolean;
  date: string;
}

/** The first line that a command prints, or null when it is not there. */
export function versionOf(command: string, ...args: string[]): string | null {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', cwd: root });
  if (status === null) return null;
  return (stdout || stderr).split('\n')[0]!.trim() || null;
}

function headCommit(): string | null {
  const { status, stdout } = spawnSync('git', ['rev-parse', '--short', 'HEAD'], {
    encoding: 'utf8',
    cwd: root,
  });
  return status === 0 ? stdout.trim() : null;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    kernel: release(),
    loadAverage: loadavg()[0]!,
    versions: {
      node: process.version,
      uwsgi: versionOf('uwsgi_python3', '--version'),
      python: versionOf('/usr/bin/python3', '--version'),
      nginx: versionOf('nginx', '-v'),
      wrk: versionOf('wrk', '-v'),
      compiler: versionOf('c++', '--version'),
    },
    commit: headCommit(),
    dirty: spawnSync('git', ['diff', '--quiet', 'HEAD'], { cwd: root }).status !== 0,
    date: new Date().toISOString(),
  };
}
