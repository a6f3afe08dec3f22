/** The C++ programs of bench/load, compiled when their sources are newer. */
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { errors } from './errors.js';
import { binariesDir, loadDir, root } from './paths.js';

const sources = {
  uwsgi_load: ['uwsgi_load', 'driver', 'options', 'packets', 'fastcgi', 'response_check', 'address'],
  floor: ['floor', 'address'],
};

export type Binary = keyof typeof sources;

const flags = ['-std=c++20', '-O2', '-Wall', '-Wextra', '-Werror', '-pthread', `-I${root}`];

function isStale(path: string): boolean {
  const built = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (built === undefined) return true;
  return readdirSync(loadDir).some((name) => statSync(join(loadDir, name)).mtimeMs > built);
}

/** Returns the path of an up-to-date program. */
export async function buildBinary(name: Binary): Promise<string> {
  const path = join(binariesDir, name);
  if (!isStale(path)) return path;
  mkdirSync(binariesDir, { recursive: true });
  // Renamed into place, so that a run beside this one never starts half a file.
  const unfinished = `${path}.${process.pid}`;
  const files = sources[name].map((file) => join(loadDir, `${file}.cc`));
  try {
    await promisify(execFile)('c++', [...flags, '-o', unfinished, ...files]);
  } catch (error) {
    throw errors.compile(name, String((error as { stderr?: string }).stderr ?? error));
  }
  renameSync(unfinished, path);
  return path;
}
