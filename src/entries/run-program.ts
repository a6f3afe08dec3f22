/**
 * Runs a program of dist/ from the code that V8 has compiled it to when it was built (code-cache/record.js). Where that is
 * missing, or of another V8 or another text, the program is compiled as any other: nothing depends on it.
 * docs/decisions/0007 has the reasons.
 */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { Module } from 'node:module';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';

/** What a file is, once it is wrapped as Node wraps CommonJS. */
type Wrapped = (
  exports: unknown,
  require: (id: string) => unknown,
  module: NodeJS.Module,
  filename: string,
  folder: string,
) => void;

const [head, tail] = Module.wrap('\0').split('\0') as [string, string];

/** Bytecode is one version's of V8, and the processor's. */
const cacheFolder = `code-cache/${process.versions.v8}-${process.arch}`;

/** Bytes of a file that are looked at together: pages that are touched for the first time cost more than what they hold. */
const PIECE = 32_768;

/**
 * @param dist the folder of all programs
 * @param program its file, relative to that
 * @returns what it exports
 */
export function runProgram(dist: string, program: string): unknown {
  return load(dist, program);
}

/** require(), for a file of dist/. It is in Node's own cache then, for those files that Node itself loads. */
function load(dist: string, path: string): unknown {
  const file = join(dist, path);
  const known = require.cache[file];
  if (known !== undefined) return known.exports;
  const script = recorded(file, join(dist, cacheFolder, `${path}.cache`));
  if (script === null) return require(file);
  const module = new Module(file);
  require.cache[file] = module;
  const folder = dirname(path);
  const requireFrom = (id: string) => (id.startsWith('.') ? load(dist, join(folder, id)) : require(id));
  (script.runInThisContext() as Wrapped)(module.exports, requireFrom, module, file, dirname(file));
  module.loaded = true;
  return module.exports;
}

/** The recording is the wrapped text, and behind it V8's code for that. V8 itself compares lengths alone. */
function recorded(file: string, recording: string): Script | null {
  try {
    const bytes = readFileSync(recording);
    const length = sameLength(file, bytes, head.length);
    if (length === null) return null;
    const end = head.length + length + tail.length;
    const text = bytes.toString('latin1', 0, end);
    // Else the file has been made shorter.
    if (!text.endsWith(tail)) return null;
    return new Script(text, { filename: file, cachedData: bytes.subarray(end) });
  } catch {
    return null;
  }
}

/** The length of a file whose bytes are those from `start` on; null where they are others. */
function sameLength(file: string, bytes: Buffer, start: number): number | null {
  const piece = Buffer.allocUnsafeSlow(PIECE);
  const fd = openSync(file, 'r');
  try {
    for (let at = start; ; ) {
      const count = readSync(fd, piece);
      if (count === 0) return at - start;
      if (piece.compare(bytes, at, at + count, 0, count) !== 0) return null;
      at += count;
    }
  } finally {
    closeSync(fd);
  }
}
