/**
 * How uWSGI reads a value (uwsgi-map 2.0): booleans are true unless they say no, numbers are what `atoi` finds.
 */

const negations = new Set(['false', 'off', 'no', '0']);

/**
 * True unless the value is one of `false`, `off`, `no` (in any case) or `0`. An option without a value is true, and so
 * is anything else: `disabled`, the empty string, `false ; with a comment`.
 */
export function parseBool(value: string | null): boolean {
  return value === null || !negations.has(value.toLowerCase());
}

/**
 * A whole decimal number, or null where the text holds none. What follows the number must be blank or look like a
 * comment (`inlineComment`): uWSGI would read `32k` as 32, which nobody means.
 */
export function parseInteger(value: string): number | null {
  const text = withoutComment(value).trim();
  return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : null;
}

/** What looks like a comment behind a value, with its mark, or null: uWSGI knows no such comments and keeps the text. */
export function inlineComment(value: string): string | null {
  return /\s([;#]\s*.*)$/s.exec(value)?.[1] ?? null;
}

/** The value as the author of an inline comment meant it. */
export function withoutComment(value: string): string {
  const comment = inlineComment(value);
  return comment === null ? value : value.slice(0, value.length - comment.length).trimEnd();
}
