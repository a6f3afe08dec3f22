/**
 * Builds the native test programs with nothing but a C++20 compiler: `native/core` and each `test/native/*_test.cc`, with
 * AddressSanitizer and UndefinedBehaviorSanitizer. `CXX` names the compiler (default `c++`), `SANITIZE` other sanitizers
 * (`thread`). What is up to date is not compiled again.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

export const root = join(import.meta.dirname, '../..');

const [compiler = 'c++', ...compilerArguments] = (process.env.CXX || 'c++').split(' ');
const sanitizers = `-fsanitize=${process.env.SANITIZE || 'address,undefined'}`;
const linkFlags = [sanitizers, '-pthread'];
// -Wextra would have every designated initializer name every member.
const warnings = ['-Wall', '-Wextra', '-Wno-missing-field-initializers', '-Werror'];
const compileFlags = [
  ...compilerArguments,
  ...['-std=c++20', '-g1', '-fno-omit-frame-pointer', '-I.', ...warnings],
  ...['-fno-sanitize-recover=all', ...linkFlags],
];

/** What is tested runs often, the tests themselves once: they are sooner compiled than they would gain. */
const optimization = (source: string) => (source.startsWith('native/') ? '-O1' : '-O0');

// A folder for each compiler and set of flags: switching between them keeps both builds.
const identity = createHash('sha256')
  .update([compiler, ...compileFlags].join(' '))
  .digest('hex');
const output = join(root, 'build/native-tests', identity.slice(0, 12));

/** Every .cc of native/, as binding.gyp and CMakeLists.txt see it too. */
export function listedSources(): string[] {
  return readFileSync(join(root, 'native/sources.txt'), 'utf8').split('\n').filter(Boolean);
}

export interface Program {
  name: string;
  path: string;
}

/** @throws Error with the compiler's own words. */
export async function buildPrograms(): Promise<Program[]> {
  const own = readdirSync(join(root, 'test/native')).filter((file) => file.endsWith('.cc'));
  const tests = own.filter((file) => file.endsWith('_test.cc')).map((file) => `test/native/${file}`);
  const shared = own.filter((file) => !file.endsWith('_test.cc')).map((file) => `test/native/${file}`);
  const core = listedSources().filter((source) => source.startsWith('native/core/'));

  const sources = [...core, ...shared, ...tests];
  const queue = sources.values();
  await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      for (const source of queue) await compile(source);
    }),
  );
  return Promise.all(tests.map((test) => link(test, [...core, ...shared, test])));
}

function objectOf(source: string): string {
  return join(output, source.replace(/\.cc$/, '.o'));
}

async function compile(source: string): Promise<void> {
  const object = objectOf(source);
  if (isFresh(object, prerequisites(object))) return;
  mkdirSync(dirname(object), { recursive: true });
  const depfile = ['-MMD', '-MF', `${object}.d`];
  await produce(object, [...compileFlags, optimization(source), ...depfile, '-c', source]);
}

async function link(test: string, sources: string[]): Promise<Program> {
  const name = test.replace(/^.*\//, '').replace(/_test\.cc$/, '');
  const path = join(output, name);
  const objects = sources.map(objectOf);
  if (!isFresh(path, objects)) await produce(path, [...compilerArguments, ...linkFlags, ...objects]);
  return { name, path };
}

/** Written under another name first: two test runs at once must not see half a file. */
async function produce(path: string, compilerArgs: string[]): Promise<void> {
  const partial = `${path}.${process.pid}`;
  try {
    await promisify(execFile)(compiler, [...compilerArgs, '-o', partial], { cwd: root });
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    if (code !== 'ENOENT') throw new Error(`${compiler} failed:\n${stderr}`);
    throw new Error(`The native tests need a C++20 compiler; there is no ${compiler}. Set CXX to one.`);
  }
  renameSync(partial, path);
}

/** What the compiler read for `object` the last time; null if that is not known. */
function prerequisites(object: string): string[] | null {
  if (!existsSync(`${object}.d`)) return null;
  const rule = readFileSync(`${object}.d`, 'utf8').replaceAll('\\\n', ' ');
  return rule.slice(rule.indexOf(':') + 1).match(/\S+/g);
}

function isFresh(target: string, inputs: string[] | null): boolean {
  if (inputs === null || !existsSync(target)) return false;
  const built = statSync(target).mtimeMs;
  // A header that is gone must not stop the build: the compiler says it better.
  return inputs.every((input) => {
    const path = join(input.startsWith('/') ? '' : root, input);
    return existsSync(path) && statSync(path).mtimeMs < built;
  });
}
