/**
 * What the files of the corpus are made from. `UPDATE_PACKETS=1 npx vitest run test/packets` writes them; without the
 * variable that test compares. A packet found by a fuzzer goes into `invalid.ts` or `valid.ts` under the next number.
 */
import { expandText, expandVars, type StoredInvalid, type StoredValid } from './corpus.js';
import { encodePacket } from './encode.js';
import { invalidSources } from './invalid.js';
import { type ValidSource, validSources } from './valid.js';

/** Every file of the corpus: its path under test/packets, and its bytes. */
export function corpusFiles(): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const [name, source] of Object.entries(validSources)) {
    const stored = complete(source);
    files.set(`valid/${name}.bin`, encodeStored(stored));
    files.set(`valid/${name}.json`, jsonFile(stored));
  }
  for (const [name, { bytes, why, reason, varsBefore }] of Object.entries(invalidSources)) {
    const stored: StoredInvalid = { why, reason, varsBefore };
    files.set(`invalid/${name}.bin`, bytes);
    files.set(`invalid/${name}.json`, jsonFile(stored));
  }
  return files;
}

function complete(source: ValidSource): StoredValid {
  const { why, modifier1 = 0, modifier2 = 0, vars, contentLength = null, body = '', surplus = '' } = source;
  return { why, modifier1, modifier2, vars, contentLength, body, surplus };
}

function encodeStored(stored: StoredValid): Buffer {
  const body = expandText(stored.body) + expandText(stored.surplus);
  return encodePacket(expandVars(stored.vars), { ...stored, body });
}

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
