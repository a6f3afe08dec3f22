/**
 * What the files of the corpus are made from. `UPDATE_PACKETS=1 npx vitest run test/packets` writes them; without the
 * variable that test compares. A packet found by a fuzzer goes into `invalid.ts`, `valid.ts`,
 * `fastcgi.ts` or `scgi.ts` under the next number.
 */
import { expandText, expandVars, type StoredPacket, type StoredUwsgi } from './corpus.js';
import { encodePacket } from './encode.js';
import { encodeScgi } from './encode-scgi.js';
import { completeFastcgi, invalidFastcgi, validFastcgi } from './fastcgi.js';
import { type InvalidSource, invalidSources } from './invalid.js';
import { invalidScgi, validScgi } from './scgi.js';
import { type ValidSource, validSources } from './valid.js';

/** Every file of the corpus: its path under test/packets, and its bytes. */
export function corpusFiles(): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const add = (path: string, bytes: Buffer, stored: object) => {
    files.set(`${path}.bin`, bytes);
    files.set(`${path}.json`, jsonFile(stored));
  };
  const addInvalid = (folder: string, sources: Record<string, InvalidSource>) => {
    for (const [name, { bytes, why, reason, varsBefore }] of Object.entries(sources))
      add(`${folder}/${name}`, bytes, { why, reason, varsBefore });
  };
  for (const [name, source] of Object.entries(validSources)) {
    const stored: StoredUwsgi = completeUwsgi(source);
    add(`valid/${name}`, encodePacket(expandVars(stored.vars), { ...stored, body: rest(stored) }), stored);
  }
  for (const [name, source] of Object.entries(validFastcgi)) {
    const { stored, bytes } = completeFastcgi(source);
    add(`fastcgi/valid/${name}`, bytes, stored);
  }
  for (const [name, source] of Object.entries(validScgi)) {
    const stored = complete(source);
    add(`scgi/valid/${name}`, encodeScgi(expandVars(stored.vars), rest(stored)), stored);
  }
  addInvalid('invalid', invalidSources);
  addInvalid('fastcgi/invalid', invalidFastcgi);
  addInvalid('scgi/invalid', invalidScgi);
  return files;
}

function complete({ why, vars, contentLength = null, body = '', surplus = '' }: ValidSource): StoredPacket {
  return { why, vars, contentLength, body, surplus };
}

function completeUwsgi({ modifier1 = 0, modifier2 = 0, ...source }: ValidSource): StoredUwsgi {
  const { why, ...stored } = complete(source);
  return { why, modifier1, modifier2, ...stored };
}

/** What follows the vars. */
const rest = ({ body, surplus }: StoredPacket) => expandText(body) + expandText(surplus);

const columns = 110;

/** JSON as Biome would format it, in ASCII: neither an editor nor a linter has a reason to touch it. */
function jsonFile(stored: object): Buffer {
  const lines = Object.entries(stored).map(([key, value]) => `  "${key}": ${json(value, 2, key.length + 4)}`);
  return Buffer.from(`{\n${lines.join(',\n')}\n}\n`, 'ascii');
}

/** On one line if it fits behind `used` more columns and before a comma, else a list with one entry a line. */
function json(value: unknown, indent: number, used: number): string {
  const line = flat(value);
  if (!Array.isArray(value) || indent + used + line.length < columns) return line;
  const blanks = ' '.repeat(indent);
  const lines = value.map((part) => `${blanks}  ${json(part, indent + 2, 0)}`);
  return `[\n${lines.join(',\n')}\n${blanks}]`;
}

function flat(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flat).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).map(([key, part]) => `"${key}": ${flat(part)}`);
    return `{ ${parts.join(', ')} }`;
  }
  const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, escaped);
}
