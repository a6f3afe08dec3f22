/** `Name: value`, as `add-header` takes it. */

/** RFC 9110, section 5.1. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Section 5.5: the value is what stands behind the colon, without blanks around it. */
const line = /^([^:]*):[\t ]*(.*?)[\t ]*$/s;
/** A line end or a NUL in a value would begin a header of its own, or end them all. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\0-\x08\x0a-\x1f\x7f]/;

/** How the response goes over its connection: the server decides it and says it (RFC 9110, section 7.6.1). */
const ofConnection = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Null: that is no header. */
export function parseHeaderLine(text: string): [name: string, value: string] | null {
  const [, name, value] = line.exec(text) ?? [];
  if (name === undefined || value === undefined) return null;
  if (!isHeaderName(name) || control.test(value)) return null;
  return [name, value];
}

export function isHeaderName(name: string): boolean {
  return token.test(name);
}

export function isOfConnection(name: string): boolean {
  return ofConnection.has(name.toLowerCase());
}
