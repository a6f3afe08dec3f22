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
import { findProgram } from '../support/requirements.js';

export const root = join(import.meta.dirname, '../..');

const [compiler = 'c++', ...compilerArguments] = (process.env.CXX || 'c++').split(' ');
const sanitizers = `-fsanitize=${process.env.SANITIZE || 'address,undefined'}`;
// GNU gold, where it is there, links in a third of the time.
const linker = findProgram('ld.gold') === null ? [] : ['-fuse-ld=gold'];
const linkFlags = [sanitizers, '-pthread'];
// -Wextra would have every designated initializer name every member.
const warnings = ['-Wall', '-Wextra', '-Wno-missing-field-initializers', '-Werror'];
const compileFlags = [
  ...compilerArguments,
  ...['-std=c++20', '-g1', '-fno-omit-frame-pointer', '-I.', ...warnings],
  ...['-fno-sanitize-recover=all', ...linkFlags],
];

/** What is tested runs often, the tests themselves once: they are sooner compiled than they would gain. */
const isTested = (source: string) => source.startsWith('native/');

// A folder for each compiler and set of flags: switching between them keeps both builds.
const identity = createHash('sha256')
  .update([compiler, ...compileFlags].join(' '))
  .digest('hex');
const output = join(root, 'build/native-tests', identity.slice(0, 12));

/** Both compilers find it when they are told to include this name without `.gch`. */
const precompiled = join(output, 'precompiled.h.gch');

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

  await precompile();
  await sideBySide([...core, ...shared, ...tests], compile);
  return sideBySide(tests, (test) => link(test, [...core, ...shared, test]));
}

/** As many at a time as there are processors. */
async function sideBySide<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const one = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, one));
  return results;
}

function objectOf(source: string): string {
  return join(output, source.replace(/\.cc$/, '.o'));
}

function compile(source: string): Promise<void> {
  const own = isTested(source) ? ['-O1'] : ['-O0', '-include', precompiled.replace(/\.gch$/, '')];
  return produceFrom(source, objectOf(source), [...own, '-MMD', '-c']);
}

/** Unlike an object it is refused when a header of the system has changed. */
function precompile(): Promise<void> {
  return produceFrom('test/native/precompiled.h', precompiled, ['-O0', '-MD', '-x', 'c++-header']);
}

async function produceFrom(source: string, target: string, flags: string[]): Promise<void> {
  const inputs = prerequisites(target);
  if (inputs !== null && flags.includes('-include')) inputs.push(precompiled);
  if (isFresh(target, inputs)) return;
  mkdirSync(dirname(target), { recursive: true });
  await produce(target, [...compileFlags, ...flags, '-MF', `${target}.d`, source]);
}

async function link(test: string, sources: string[]): Promise<Program> {
  const name = test.replace(/^.*\//, '').replace(/_test\.cc$/, '');
  const path = join(output, name);
  const objects = sources.map(objectOf);
  if (!isFresh(path, objects))
    await produce(path, [...compilerArguments, ...linker, ...linkFlags, ...objects]);
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
