/**
 * Runs a program of dist/ from the code that V8 has compiled it to when it was built (code-cache/record.js). Where that is
 * missing, or of another V8 or another text, the program is compiled as any other: nothing depends on it.
 * docs/decisions/0007 has the reasons.
 */
import { readFileSync } from 'node:fs';
import { Module } from 'node:module';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';

/** What `Module.wrap` makes of a file. */
type Wrapped = (
  exports: unknown,
  require: (id: string) => unknown,
  module: NodeJS.Module,
  filename: string,
  folder: string,
) => void;

/** Bytecode is one version's of V8, and the processor's. */
const cacheFolder = `code-cache/${process.versions.v8}-${process.arch}`;

/**
 * @param dist the folder of all programs
 * @param program its file, relative to that
 */
export function runProgram(dist: string, program: string): void {
  load(dist, program);
}

/** require(), for a file of dist/. It is in Node's own cache then, for those files that Node itself loads. */
function load(dist: string, path: string): unknown {
  const file = join(dist, path);
  const known = require.cache[file];
  if (known !== undefined) return known.exports;
  const text = readFileSync(file);
  const cachedData = codeOf(text, join(dist, cacheFolder, `${path}.cache`));
  if (cachedData === null) return require(file);
  const script = new Script(Module.wrap(text.toString('latin1')), { filename: file, cachedData });
  const module = new Module(file);
  require.cache[file] = module;
  const folder = dirname(path);
  const requireFrom = (id: string) => (id.startsWith('.') ? load(dist, join(folder, id)) : require(id));
  (script.runInThisContext() as Wrapped)(module.exports, requireFrom, module, file, dirname(file));
  module.loaded = true;
  return module.exports;
}

/** Behind the text that it was compiled from: V8 itself compares lengths alone. */
function codeOf(text: Buffer, file: string): Buffer | null {
  try {
    const recorded = readFileSync(file);
    return recorded.subarray(0, text.length).equals(text) ? recorded.subarray(text.length) : null;
  } catch {
    return null;
  }
}
