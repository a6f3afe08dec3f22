/**
 * How many processors this process may use: what `%k` and `processes = auto` stand for. A container is mostly bounded by
 * its control group, of which Node's availableParallelism() does not know.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { posix } from 'node:path';

/** Reads a file of /proc or /sys; null where there is none. */
export type ReadSystemFile = (path: string) => string | null;

/**
 * The processors of the affinity mask, or fewer under a quota of processor time in this control group or one above it; a part
 * of a processor counts as one.
 */
export function usableProcessors(
  read: ReadSystemFile = readSystemFile,
  affine = availableParallelism(),
): number {
  return Math.max(1, Math.min(affine, Math.ceil(quota(read))));
}

/** The least of the quotas that bind this process, in processors. */
function quota(read: ReadSystemFile): number {
  let least = Number.POSITIVE_INFINITY;
  for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    // 0::/path is version 2; the others are hierarchies of version 1, each with its controllers.
    const quotaOf = controllers === '' ? quotaV2 : controllers!.split(',').includes('cpu') ? quotaV1 : null;
    if (quotaOf === null) continue;
    for (const group of upwards(path)) least = Math.min(least, quotaOf(group, read));
  }
  return least;
}

/**
 * `/a/b`, `/a`, `/`. Inside a container the path may be the host's while /sys/fs/cgroup shows the container's own group as the
 * root: that one comes last.
 */
function upwards(path: string): string[] {
  const groups = [path];
  for (let at = path; at !== '/'; ) {
    at = posix.dirname(at);
    groups.push(at);
  }
  return groups;
}

/** cpu.max: `200000 100000` or `max 100000`. */
function quotaV2(group: string, read: ReadSystemFile): number {
  const [most, period] = (read(posix.join('/sys/fs/cgroup', group, 'cpu.max')) ?? '').trim().split(' ');
  return share(most, period);
}

/** cpu.cfs_quota_us, -1 for none, of cpu.cfs_period_us. */
function quotaV1(group: string, read: ReadSystemFile): number {
  const folder = posix.join('/sys/fs/cgroup/cpu', group);
  return share(read(`${folder}/cpu.cfs_quota_us`)?.trim(), read(`${folder}/cpu.cfs_period_us`)?.trim());
}

function share(most = '', period = ''): number {
  return /^[1-9]\d*$/.test(most) && /^[1-9]\d*$/.test(period)
    ? Number(most) / Number(period)
    : Number.POSITIVE_INFINITY;
}

function readSystemFile(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}
