/**
 * Finds the application that `module`, `wsgi-file` and `callable` name. Runs in the JS thread that will call it.
 */

import type { Cluster } from 'node:cluster';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AppSetting } from '../config/settings.js';
import { loadErrors } from '../errors.js';
import { log } from '../log/stderr.js';
import type { Application } from '../wsgi/types.js';
import { isClass, nodeAdapter, type Place, type Recognised, recognise } from './app-kind.js';
import { importUrl } from './import-module.js';
import { captureListen, type ListenCapture } from './listen-capture.js';
import { becomeMain } from './main-module.js';

export interface Loaded extends Recognised {
  application: Application;
  /** Absolute path of the module. */
  file: string;
  /** The export that it is, or `listen(3000)`. */
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

/** How long a module that exports no application may take until it calls listen(), seconds; when it is told so. */
const patience = 60;
const silence = 5;

/**
 * In this order: the export that `callable` names; a default export or an export `fetch` that takes web requests; a
 * default export that is a request listener or a framework's application; the server that the module starts.
 *
 * @param cwd directory in which modules are looked for, absolute
 * @throws UwsgiNodeError that says what was looked for and where, or what the module exports instead; whatever the module
 *         itself throws
 */
export async function loadApplication(setting: AppSetting, cwd: string): Promise<Loaded> {
  const target = parseTarget(setting);
  const file = setting.file === null ? findModule(target.module, cwd) : findFile(setting.file, cwd);
  const capture = captureListen(file, isListen(target.callable) ? target.callable : null);
  becomeMain(file);
  const exported = await importModule(file);
  const place = { wanted: setting.interface ?? null, capture };
  if (target.isFactory)
    return { ...(await make(exported, target, file, place)), file, callable: target.callable };
  const found = (await search(exported, target, place)) ?? (await waitForServer(file, place));
  if (found === null) throw notFound(exported, target, file, capture);
  return { ...found, file };
}

function notFound(
  exported: Record<string, unknown>,
  { callable }: Target,
  file: string,
  { other }: ListenCapture,
): Error {
  if (isListen(callable)) return loadErrors.neverListened(file, callable);
  if (isClass(pick(exported, callable))) return loadErrors.aClass(file, callable);
  if (other !== null) return loadErrors.notHttp(file, other);
  return loadErrors.noCallable(file, callable, describe(exported));
}

type Searched = Omit<Place, 'isDefault'>;
type Found = Recognised & { callable: string };

async function make(
  exported: Record<string, unknown>,
  { callable }: Target,
  file: string,
  place: Searched,
): Promise<Recognised> {
  const factory = pick(exported, callable);
  if (isClass(factory)) throw loadErrors.aClass(file, `${callable}()`);
  if (typeof factory !== 'function') throw loadErrors.noCallable(file, callable, describe(exported));
  const made: unknown = await factory();
  const found = await recognise(made, { ...place, isDefault: false });
  if (found === null) throw loadErrors.notAFunction(file, callable, made);
  return found;
}

async function search(
  exported: Record<string, unknown>,
  { callable }: Target,
  place: Searched,
): Promise<Found | null> {
  const whole = exported.default as Record<string, unknown> | undefined;
  const named = exported[callable] ?? (whole !== null ? whole?.[callable] : undefined);
  if (named !== undefined) return within(named, callable, { ...place, isDefault: callable === 'default' });
  // Somebody who asks for an export by name does not want another one.
  if (callable !== defaultCallable) return null;
  if (typeof exported.fetch === 'function') {
    return within({ fetch: exported.fetch }, 'fetch', { ...place, isDefault: false });
  }
  return within(whole, 'default', { ...place, isDefault: true });
}

/** Exports may be promises of an application: `export const app = build()`. */
async function within(value: unknown, callable: string, place: Place): Promise<Found | null> {
  const settled = value instanceof Promise ? await value : value;
  const found = await recognise(settled, place);
  return found === null
    ? null
    : { ...found, callable: callable === 'default' ? nameOfDefault(found) : callable };
}

/** What a default export was called before there were others than WSGI-style ones. */
function nameOfDefault({ kind }: Recognised): string {
  return kind === 'wsgi' ? defaultCallable : 'default';
}

/** The module exports no application; it may be one that starts its own server, now or when its database is there. */
async function waitForServer(file: string, { wanted, capture }: Searched): Promise<Found | null> {
  if (wanted === 'wsgi' || wanted === 'fetch') return null;
  if (forksWorkers()) throw loadErrors.cluster(file);
  const hint = setTimeout(() => {
    const so = capture.other === null ? '' : ` of an HTTP server; ${capture.other.call} was none of those`;
    log(`${file} exports no application; waiting for it to call listen()${so}`);
  }, silence * 1000).unref();
  await capture.wait(patience);
  clearTimeout(hint);
  return captured(capture);
}

/** It is the primary of node:cluster, which does not listen itself. */
function forksWorkers(): boolean {
  // To load node:cluster takes time that nearly no start need take.
  if (!process.getActiveResourcesInfo().includes('ProcessWrap')) return false;
  const { workers } = process.getBuiltinModule('node:cluster') as unknown as Cluster;
  return Object.keys(workers ?? {}).length > 0;
}

async function captured(capture: ListenCapture): Promise<Found | null> {
  if (capture.server === null) return null;
  const { adapt } = await nodeAdapter();
  return { kind: 'node', application: adapt(null, capture), callable: capture.call };
}

/** `listen(3000)` as a callable: the server that listens there, where an application starts several. */
function isListen(callable: string): boolean {
  return /^listen\(.+\)$/.test(callable);
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

/** `pkg.mod`, as Python writes it; not `../app`. */
const dotted = /^[\w$-]+(?:\.[\w$-]+)+$/;

/** A file of that name, dotted names as folders, a folder with an index, or an installed package. */
function findModule(name: string, cwd: string): string {
  const bases = dotted.test(name) ? [name, name.replaceAll('.', '/')] : [name];
  for (const base of bases.map((path) => resolve(cwd, path))) {
    const candidates = [
      ...endings.filter((ending) => base.endsWith(`.${ending}`)).map(() => base),
      ...endings.map((ending) => `${base}.${ending}`),
      ...endings.map((ending) => join(base, `index.${ending}`)),
    ];
    const found = candidates.find(isFile);
    if (found !== undefined) return found;
  }
  const found = findPackage(name, cwd);
  if (found === null) throw loadErrors.noModule(name, cwd, endings);
  return found;
}

function findPackage(name: string, cwd: string): string | null {
  const { resolve: find } = createRequire(join(cwd, 'package.json'));
  try {
    const file = find(name);
    // Otherwise it is one of Node's own modules: `url`, `test`.
    return isAbsolute(file) ? file : null;
  } catch {
    const folders = (find.paths(name) ?? []).map((path) => join(path, name));
    return folders.map(entryOf).find((entry) => entry !== null) ?? null;
  }
}

/** Where `import` enters a package that has no door for `require`. */
function entryOf(folder: string): string | null {
  const path = join(folder, 'package.json');
  if (!isFile(path)) return null;
  const { exports } = JSON.parse(readFileSync(path, 'utf8')) as { exports?: Record<string, unknown> };
  const entry = chooseTarget(exports?.['.'] ?? exports);
  return entry === null ? null : join(folder, entry);
}

/** Conditional exports: the first condition that holds, in their order (Node's documentation, "Packages"). */
function chooseTarget(target: unknown): string | null {
  if (typeof target === 'string') return target;
  if (typeof target !== 'object' || target === null) return null;
  const met = Object.entries(target).filter(([condition]) => /^(?:node|import|default)$/.test(condition));
  return met.map(([, inner]) => chooseTarget(inner)).find((file) => file !== null) ?? null;
}

function findFile(path: string, cwd: string): string {
  const file = resolve(cwd, path);
  if (!isFile(file)) throw loadErrors.noFile(file);
  return file;
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

async function importModule(file: string): Promise<Record<string, unknown>> {
  try {
    return await importUrl(pathToFileURL(file).href);
  } catch (error) {
    // Asked of Node only now: a loader of the application's may know what to do.
    const { code, message } = error as NodeJS.ErrnoException;
    const [, addon] = /^Module did not self-register: '(.*)'/.exec(message) ?? [];
    if (addon !== undefined) throw loadErrors.addonOfOneThread(file, addon);
    if (code !== 'ERR_UNKNOWN_FILE_EXTENSION' || !/\.[mc]?ts$/.test(file)) throw error;
    throw loadErrors.noTypeScript(file, process.version);
  }
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
  return names.map((name) => `${name} (${kindOf((all as Record<string, unknown>)[name])})`).join(', ');
}

/** `string`, `object`, `class`, `Http2Server` */
function kindOf(value: unknown): string {
  if (isClass(value)) return 'class';
  const name = typeof value === 'object' && value !== null ? value.constructor?.name : undefined;
  return name === undefined || name === 'Object' ? typeof value : name;
}
