/**
 * Gives up root for good, after the sockets are bound and before any worker exists: the application never runs as root
 * unless nobody asked for another user.
 */
import { startErrors } from '../errors.js';
import { warnings } from '../log/startup.js';
import { findGroup, findUser } from './accounts.js';

/** The calls of `process` this needs. */
export interface Identity {
  getuid(): number;
  getgid(): number;
  setgid(id: number): void;
  setgroups(groups: number[]): void;
  initgroups(user: string | number, extraGroup: number): void;
  setuid(id: number): void;
  getgroups(): number[];
}

export interface Wanted {
  uid: string | null;
  gid: string | null;
  /** More groups, by name or number. */
  addGid?: readonly string[];
  /** The groups that the user is in are not taken on. */
  noInitgroups?: boolean;
}

/** The numbers behind `uid` and `gid`; null where nothing is to change. */
export interface Target {
  uid: number | null;
  gid: number | null;
}

/**
 * Resolves names, so that sockets can be given to the same user.
 * `uid` without `gid` takes the user's own group: the group root would be a privilege that nobody asked to keep.
 */
export function resolveTarget({ uid, gid }: Wanted, identity: Identity): Target {
  if (identity.getuid() !== 0) return { uid: null, gid: null };
  const user = uid === null ? null : findUser('uid', uid);
  const group = gid === null ? null : findGroup('gid', gid);
  if (user !== null && group === null && user.gid === null) throw startErrors.groupNeeded(uid!);
  return { uid: user?.uid ?? null, gid: group ?? user?.gid ?? null };
}

/**
 * setgid(2), initgroups(3), setuid(2), in this order: the last one takes away the right to the others.
 * @returns the lines for the log.
 * @throws {UwsgiNodeError} UWSGI_PRIVILEGES
 */
export function dropPrivileges(wanted: Wanted, target: Target, identity: Identity): string[] {
  if (identity.getuid() !== 0) return withoutEffect(wanted, identity);
  const lines: string[] = [];
  try {
    if (target.gid !== null) {
      lines.push(`setgid() to ${target.gid}`);
      identity.setgid(target.gid);
      if (target.uid === null || wanted.noInitgroups) identity.setgroups([]);
      else identity.initgroups(target.uid, target.gid);
    }
    const more = wanted.addGid?.map((group) => findGroup('add-gid', group)) ?? [];
    if (more.length > 0) {
      lines.push(`setgroups() with ${more.join(' ')}`);
      identity.setgroups([...identity.getgroups(), ...more]);
    }
    if (target.uid !== null) {
      lines.push(`setuid() to ${target.uid}`);
      identity.setuid(target.uid);
    }
  } catch (error) {
    throw startErrors.privileges(lines.at(-1)!, error as NodeJS.ErrnoException);
  }
  if (target.uid === null || target.uid === 0) lines.push(warnings.root);
  else if (target.gid === 0) lines.push(warnings.rootGroup);
  return lines;
}

function withoutEffect({ uid, gid }: Wanted, identity: Identity): string[] {
  const lines: string[] = [];
  if (uid !== null && findUser('uid', uid).uid !== identity.getuid())
    lines.push(warnings.notRoot('uid', uid));
  if (gid !== null && findGroup('gid', gid) !== identity.getgid()) lines.push(warnings.notRoot('gid', gid));
  return lines;
}
