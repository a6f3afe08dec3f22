/**
 * glob(3) as `for-glob` uses it: `*`, `?`, `[a-z]`, `[!a-z]`, `\`; hidden files only by name; folders get a slash.
 */
import { readdirSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

/** The matching paths in byte order; the pattern itself when nothing matches. */
export function glob(pattern: string, cwd: string): string[] {
  const parts = pattern.split('/');
  const start = pattern.startsWith('/') ? '/' : '';
  let found = [start];
  for (const [index, part] of parts.entries()) {
    if (part === '') continue;
    const isLast = index === parts.length - 1;
    found = found
      .flatMap((folder) => matchesIn(folder, part, cwd))
      .map((path) => (isLast ? path : `${path}/`));
    if (!isLast) found = found.filter((path) => isFolder(resolve(cwd, path)));
  }
  const marked = found.filter((path) => path !== start).map((path) => mark(path, cwd));
  return marked.length > 0 ? marked.sort(byBytes) : [pattern];
}

function matchesIn(folder: string, part: string, cwd: string): string[] {
  const at = resolve(cwd, folder === '' ? '.' : folder);
  if (!/[*?[\\]/.test(part)) return exists(resolve(at, part)) ? [folder + part] : [];
  const matcher = toRegExp(part);
  let names: string[];
  try {
    names = ['.', '..', ...readdirSync(at)];
  } catch {
    return [];
  }
  return names
    .filter((name) => (part.startsWith('.') || !name.startsWith('.')) && matcher.test(name))
    .map((name) => folder + name);
}

/** One component of a pattern. An unclosed bracket stands for itself. */
function toRegExp(part: string): RegExp {
  const source = part.replace(
    /\\(.)|\[([!^]?)(\]?[^\]]*)\]|([*?])|(.)/gs,
    (_, escaped, not, set, wild, plain) => {
      if (wild !== undefined) return wild === '*' ? '.*' : '.';
      if (set !== undefined) return `[${not ? '^' : ''}${set.replace(/[\\\]^[]/g, '\\$&')}]`;
      return (escaped ?? plain).replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
    },
  );
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    // A range that runs backwards, such as [z-a], matches nothing.
    return /^\b$/;
  }
}

function mark(path: string, cwd: string): string {
  return !path.endsWith('/') && isFolder(resolve(cwd, path)) ? `${path}/` : path;
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false;
  }
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
