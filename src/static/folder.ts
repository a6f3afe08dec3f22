/**
 * A folder whose files are served, and nothing else: a link that leads out of it, and not into a safe folder, is none of
 * its files. uWSGI compares the beginnings of paths and so takes /srv/www-old for a part of /srv/www.
 */
import type { Stats } from 'node:fs';
import { escapeControls } from '../log/escape.js';
import { log } from '../log/stderr.js';
import { fromText, isWithin, realPathOf, statOf } from './file-path.js';

/** A regular file that may be served. */
export interface FoundFile {
  /** Without links. */
  readonly path: string;
  readonly stats: Stats;
}

/** What holds for the files of every folder. */
export interface FolderRules {
  /** Files that stand for a folder. */
  readonly index: readonly string[];
  readonly skipExt: readonly string[];
  readonly safe: readonly Place[];
}

/** A folder of the configuration. It may be a link that is led elsewhere while the server runs. */
export class Place {
  readonly path: string;
  #real: string | null = null;

  /** @param path as the configuration has it */
  constructor(path: string) {
    this.path = fromText(path);
  }

  holds(real: string): boolean {
    if (this.#real !== null && isWithin(real, this.#real)) return true;
    this.#real = realPathOf(this.path);
    return this.#real !== null && isWithin(real, this.#real);
  }
}

export class Folder {
  readonly #place: Place;
  readonly #rules: FolderRules;

  constructor(path: string, rules: FolderRules) {
    this.#place = new Place(path);
    this.#rules = rules;
  }

  /** @param path below the folder, beginning with a slash, or empty: what is mapped may be a file itself */
  find(path: string): FoundFile | null {
    const wanted = this.#place.path + path;
    const stats = statOf(wanted);
    if (stats === null) return null;
    if (stats.isFile()) return this.take(wanted, stats);
    if (!stats.isDirectory()) return null;
    for (const name of this.#rules.index) {
      const file = `${wanted}/${fromText(name)}`;
      const found = statOf(file);
      if (found?.isFile()) return this.take(file, found);
    }
    return null;
  }

  /** The file, if it may be served. */
  take(path: string, stats: Stats): FoundFile | null {
    if (this.#isSkipped(path)) return null;
    const real = realPathOf(path);
    if (real === null || this.#isSkipped(real)) return null;
    const isAllowed = this.#place.holds(real) || this.#rules.safe.some((place) => place.holds(real));
    if (isAllowed) return { path: real, stats };
    log(
      `[uwsgi-fileserve] security error: ${escapeControls(real)} is not under ${this.#place.path} or a safe path`,
    );
    return null;
  }

  #isSkipped(path: string): boolean {
    return this.#rules.skipExt.some((ending) => path.endsWith(ending));
  }
}
