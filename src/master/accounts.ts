/**
 * Users and groups by name or number, from /etc/passwd and /etc/group: Node resolves names for setuid(2) and setgid(2)
 * itself, but neither for chown(2) nor for a user's own group.
 */
import { readFileSync } from 'node:fs';
import { startErrors } from '../errors.js';

export interface User {
  uid: number;
  /** The user's own group; null for a number that the file does not know. */
  gid: number | null;
}

export interface AccountFiles {
  passwd: string;
  group: string;
}

const systemFiles: AccountFiles = { passwd: '/etc/passwd', group: '/etc/group' };

/** @throws {UwsgiNodeError} UWSGI_UNKNOWN_USER for a name nobody has. */
export function findUser(option: string, user: string, files = systemFiles): User {
  const entry = findEntry(files.passwd, user);
  if (entry !== null) return { uid: Number(entry[2]), gid: Number(entry[3]) };
  if (isNumber(user)) return { uid: Number(user), gid: null };
  throw startErrors.unknownUser(option, user, files.passwd);
}

/** @throws {UwsgiNodeError} UWSGI_UNKNOWN_GROUP for a name nobody has. */
export function findGroup(option: string, group: string, files = systemFiles): number {
  if (isNumber(group)) return Number(group);
  const entry = findEntry(files.group, group);
  if (entry === null) throw startErrors.unknownGroup(option, group, files.group);
  return Number(entry[2]);
}

const isNumber = (text: string) => /^\d+$/.test(text);

/** The fields of the line whose name, or whose number, is `key`; a name goes before a number. */
function findEntry(file: string, key: string): string[] | null {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // A minimal container has no such file: then nobody has a name.
  }
  const entries = text.split('\n').map((line) => line.split(':'));
  return entries.find(([name]) => name === key) ?? entries.find((fields) => fields[2] === key) ?? null;
}
