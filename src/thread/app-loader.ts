/**
 * Finds the application that `module`, `wsgi-file` and `callable` name. Runs in the JS thread that will call it.
 */
import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AppSetting } from '../config/settings.js';
import { loadErrors } from '../errors.js';
import type { Application } from '../wsgi/types.js';

export interface Loaded {
  application: Application;
  /** Absolute path of the module. */
  file: string;
  callable: string;
}

/** In this order, so that a built file wins over its source. */
const endings = ['js', 'mjs', 'cjs', 'ts', 'mts', 'cts'];
const defaultCallable = 'application';

/** `wsgi:application`, `pkg.mod:factory()` */
interface Target {
  module: string;
  callable: string;
  /** Call what the module exports to get the application. */
  isFactory: boolean;
}

/**
 * @param cwd directory in which modules are looked for, absolute
 * @throws UwsgiNodeError that says what was looked for and where, or what the module exports instead; whatever the module
 *         itself throws
 */
export async function loadApplication(setting: AppSetting, cwd: string): Promise<Loaded> {
  const target = parseTarget(setting);
  const file = setting.file === null ? findModule(target.module, cwd) : findFile(setting.file, cwd);
  requireTypes(file);
  const exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const found = pick(exported, target.callable);
  if (typeof found !== 'function') throw loadErrors.noCallable(file, target.callable, describe(exported));
  const application = target.isFactory ? await (found as () => unknown)() : found;
  if (typeof application !== 'function') throw loadErrors.notAFunction(file, target.callable, application);
  return { application: application as Application, file, callable: target.callable };
}

function parseTarget({ module, file, callable }: AppSetting): Target {
  const written = module ?? file ?? '';
  const colon = module === null ? -1 : written.lastIndexOf(':');
  const named = colon < 0 ? callable : written.slice(colon + 1);
  const isFactory = named.endsWith('()');
  return {
    module: colon < 0 ? written : written.slice(0, colon),
    callable: (isFactory ? named.slice(0, -2) : named) || defaultCallable,
    isFactory,
  };
}

/** A file of that name, dotted names as folders, a folder with an index, or an installed package. */
function findModule(name: string, cwd: string): string {
  const bases = [name, name.replaceAll('.', '/')].map((path) => resolve(cwd, path));
  for (const base of new Set(bases)) {
    const candidates = [
      base,
      ...endings.map((ending) => `${base}.${ending}`),
      ...endings.map((e) => join(base, `index.${e}`)),
    ];
    const found = candidates.find(isFile);
    if (found !== undefined) return found;
  }
  try {
    return createRequire(join(cwd, 'package.json')).resolve(name);
  } catch {
    throw loadErrors.noModule(name, cwd, endings);
  }
}

function findFile(path: string, cwd: string): string {
  const file = resolve(cwd, path);
  if (!isFile(file)) throw loadErrors.noFile(file);
  return file;
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

function requireTypes(file: string): void {
  const { typescript } = process.features as { typescript?: unknown };
  if (/\.[mc]?ts$/.test(file) && !typescript) throw loadErrors.noTypeScript(file, process.version);
}

/** The named export; of a CommonJS module also a property of module.exports; else a default export that is a function. */
function pick(exported: Record<string, unknown>, callable: string): unknown {
  const whole = exported.default as Record<string, unknown> | undefined;
  const named = exported[callable] ?? whole?.[callable];
  return named === undefined && callable === defaultCallable && typeof whole === 'function' ? whole : named;
}

/** `application (object), helper (function)` */
function describe(exported: Record<string, unknown>): string {
  const whole = exported.default;
  const all = typeof whole === 'object' && whole !== null ? { ...whole, ...exported } : exported;
  const names = Object.keys(all).filter((name) => name !== 'module.exports');
  return names.map((name) => `${name} (${typeof (all as Record<string, unknown>)[name]})`).join(', ');
}
