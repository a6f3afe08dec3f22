/**
 * What came from a client, as it may stand in a log: a control character would begin a line of its own, or drive the
 * terminal of whoever reads. uWSGI writes them as they are. Texts are latin-1, a character for each byte.
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const control = /[\x00-\x1f\x7f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const everyControl = /[\x00-\x1f\x7f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const endsField = /[\x00-\x1f"\\\x7f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const everyEndOfField = /[\x00-\x1f"\\\x7f]/g;
const plainJson = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

const hex = (char: string) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;

/** For a line whose fields have no quotes. */
export function escapeControls(text: string): string {
  return control.test(text) ? text.replace(everyControl, hex) : text;
}

/** For a format of somebody's own, where a field may stand in quotes: what nginx's log_format does. */
export function escapeField(text: string): string {
  return endsField.test(text) ? text.replace(everyEndOfField, hex) : text;
}

/** For a string of JSON, without its quotes. Bytes that are no UTF-8 become U+FFFD: JSON has no other bytes. */
export function escapeJson(text: string): string {
  if (plainJson.test(text)) return text;
  const quoted = JSON.stringify(Buffer.from(text, 'latin1').toString());
  return Buffer.from(quoted.slice(1, -1)).toString('latin1');
}

/** A text of JavaScript's as latin-1 characters that are its bytes in UTF-8. */
export const utf8Bytes = (text: string) => Buffer.from(text).toString('latin1');
