/** What a client says it has, and wants (RFC 9110, sections 12.5.3, 13 and 14). */

/** The file has not changed since the client got it. There are no entity tags. */
export function isUnchanged(since: unknown, noneMatch: unknown, changed: number): boolean {
  // Section 13.1.3: who compares tags does not compare times.
  if (typeof since !== 'string' || noneMatch !== undefined) return false;
  return seconds(changed) <= seconds(Date.parse(since));
}

/** A part of a file: first and last byte. */
export interface Part {
  readonly first: number;
  readonly last: number;
}

const oneRange = /^bytes=[\t ]*(\d*)-(\d*)[\t ]*$/i;

/**
 * Section 14.2: who does not understand a Range ignores it, so several parts, other units and what is malformed get the
 * whole file. uWSGI answers the first of several, and some malformed ones with 416.
 *
 * @returns null: the whole file. `unsatisfiable`: it has no such bytes, 416.
 */
export function partOf(range: unknown, size: number): Part | 'unsatisfiable' | null {
  const [, from = '', to = ''] = (typeof range === 'string' && oneRange.exec(range)) || [];
  if (from === '' && to === '') return null;
  if (from === '') {
    const length = Number(to);
    return length === 0 || size === 0
      ? 'unsatisfiable'
      : { first: Math.max(0, size - length), last: size - 1 };
  }
  const first = Number(from);
  if (to !== '' && Number(to) < first) return null;
  if (first >= size) return 'unsatisfiable';
  return { first, last: to === '' ? size - 1 : Math.min(Number(to), size - 1) };
}

/** Section 13.1.5: a part is of use only with the rest of the same file. */
export function isSameFile(ifRange: unknown, changed: number): boolean {
  return ifRange === undefined || seconds(Date.parse(String(ifRange))) === seconds(changed);
}

/** uWSGI looks for the word anywhere. */
export function acceptsGzip(accepted: unknown): boolean {
  if (typeof accepted !== 'string' || !accepted.toLowerCase().includes('gzip')) return false;
  return accepted.split(',').some((coding) => {
    const [name = '', ...parameters] = coding.split(';').map((part) => part.trim().toLowerCase());
    const isRefused = parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
    return (name === 'gzip' || name === 'x-gzip') && !isRefused;
  });
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
