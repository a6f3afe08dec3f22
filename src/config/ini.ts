/**
 * The line grammar of uWSGI's ini files (uwsgi-map 3.1). It is its own dialect: no quotes, no escapes, no continuation
 * lines, comments only on lines of their own, and a section that appears twice is read twice.
 */
import type { ConfigLine, ParsedSection } from './parsed-section.js';

/** The lines of one section, in their order, repeats included. */
export function parseIni(text: string, section: string): ParsedSection {
  const lines: ConfigLine[] = [];
  let found = false;
  let inside = false;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = trimBlanks(raw);
    if (line === '' || line[0] === ';' || line[0] === '#') continue;
    if (line[0] === '[') {
      // The last character is dropped whatever it is: `[uwsgi] ; mine` opens a section called `uwsgi] ; min`.
      inside = line.slice(1, -1) === section;
      found ||= inside;
    } else if (inside) {
      lines.push({ ...splitLine(line), line: index + 1 });
    }
  }
  return { lines, found };
}

/** `key = value`; without `=` the value is empty. */
function splitLine(line: string): { key: string; value: string } {
  const equals = line.indexOf('=');
  if (equals < 0) return { key: line, value: '' };
  return { key: trimBlanks(line.slice(0, equals)), value: trimBlanks(line.slice(equals + 1)) };
}

/** Only what uWSGI takes for blank: space, tab, carriage return. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d;
}
