/**
 * The option table: the single source for parsing, `--help`, docs/options.md and the JSON schema.
 */
import type { Option } from './option.js';
import { applicationOptions } from './options/application.js';
import { clusterOptions, emperorOptions, sharingOptions } from './options/cluster.js';
import { configurationOptions } from './options/configuration.js';
import { daemonsOptions } from './options/daemons.js';
import { exceptionOptions } from './options/exceptions.js';
import { headersOptions } from './options/headers.js';
import { httpOptions, routingOptions } from './options/http.js';
import { lifecycleOptions } from './options/lifecycle.js';
import { limitOptions } from './options/limits.js';
import { loggingOptions } from './options/logging.js';
import { otherOptions, pythonOptions } from './options/plugins.js';
import { processOptions } from './options/processes.js';
import { reloadOptions } from './options/reload.js';
import { scalingOptions } from './options/scaling.js';
import { socketOptions } from './options/sockets.js';
import { staticOptions } from './options/static.js';
import { statsOptions } from './options/stats.js';
import { hookOptions, identityOptions, isolationOptions } from './options/system.js';
import { tlsOptions } from './options/tls.js';
import type { OptionTable } from './rows.js';

/** In the order of `--help`. */
const tables: readonly OptionTable[] = [
  applicationOptions,
  ...exceptionOptions,
  socketOptions,
  limitOptions,
  httpOptions,
  processOptions,
  scalingOptions,
  lifecycleOptions,
  reloadOptions,
  identityOptions,
  loggingOptions,
  statsOptions,
  configurationOptions,
  headersOptions,
  staticOptions,
  hookOptions,
  daemonsOptions,
  emperorOptions,
  clusterOptions,
  sharingOptions,
  routingOptions,
  tlsOptions,
  isolationOptions,
  pythonOptions,
  otherOptions,
];

/** Where options are looked for. */
class Index {
  readonly byName = new Map<string, Option>();
  readonly byShort = new Map<string, Option>();

  constructor(readonly options: readonly Option[]) {
    for (const option of options) {
      for (const name of [option.name, ...option.aliases]) this.byName.set(name, option);
      if (option.short !== null && !this.byShort.has(option.short)) this.byShort.set(option.short, option);
    }
  }
}

/** Enough for most configurations, and made in a third of the time. */
const acting = new Index(tables.flatMap((table) => table.acting));

let everything: Index | null = null;

function whole(): Index {
  everything ??= new Index(tables.flatMap((table) => table.all()));
  return everything;
}

/** Every option there is. */
export function allOptions(): readonly Option[] {
  return whole().options;
}

/** The option of this name or alias. */
export function findOption(name: string): Option | undefined {
  return acting.byName.get(name) ?? whole().byName.get(name);
}

/** The option behind `-x`; where two share a letter (`socket` and `uwsgi-socket`), the first. */
export function findShortOption(letter: string): Option | undefined {
  return acting.byShort.get(letter) ?? whole().byShort.get(letter);
}

/** Every name that a configuration may use, aliases too. */
export function optionNames(): Iterable<string> {
  return whole().byName.keys();
}

/** The known name that takes the fewest edits to reach, or null when none is near. */
export function nearestOption(name: string): string | null {
  let nearest: string | null = null;
  let fewest = Math.min(3, Math.ceil(name.length / 3)) + 1;
  for (const candidate of optionNames()) {
    if (Math.abs(candidate.length - name.length) >= fewest) continue;
    const edits = editDistance(name, candidate);
    if (edits < fewest) [nearest, fewest] = [candidate, edits];
  }
  return nearest;
}

/** Insertions, deletions, substitutions and swaps of neighbours between two words (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let edits = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped && row > 1 && column > 1) edits = Math.min(edits, beforeLast[column - 2]! + 1);
      current.push(edits);
    }
    [beforeLast, last] = [last, current];
  }
  return last[b.length]!;
}
