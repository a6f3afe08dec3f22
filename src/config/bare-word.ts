/**
 * Why a word of the command line that belongs to no option is none of what may stand there alone: a configuration file, an
 * application (uwsgi-map 3.8).
 */
import { statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { type ProblemText, problems } from '../errors/configuration.js';
import { formatOf } from './formats.js';
import { findOption } from './options.js';

/** `:8080`, `127.0.0.1:8080`, `[::1]:8080`, `8080`, `app.sock` */
const address = /^(?:(?:[\w.*-]*|\[[\da-f:.]+\]):)?\d{1,5}$|\.sock$/i;

const isAddress = (word: string) => address.test(word);

/** `app.ini:section` */
const hasSection = (word: string) =>
  word.includes(':') && formatOf(word.slice(0, word.lastIndexOf(':'))) !== null;

/** It looks like `module:callable`, and is an address, or a file with its section. */
export function isOtherThanModule(word: string): boolean {
  return isAddress(word) || hasSection(word);
}

/** @param cwd what names of files are relative to */
export function explainBareWord(word: string, cwd: string): ProblemText {
  if (isAddress(word)) return problems.strayAddress(word);
  if (hasSection(word)) return problems.straySection(word, formatOf(word.slice(0, word.lastIndexOf(':')))!);
  const option = findOption(word);
  if (option !== undefined)
    return problems.strayOption(word, option.argument === 'none' ? '' : option.metavar);
  const stats = statSync(resolve(cwd, word), { throwIfNoEntry: false });
  if (stats?.isDirectory()) return problems.strayFolder(word);
  if (stats?.isFile()) return problems.strayFile(word);
  return extname(word) === '' ? problems.notAnArgument(word) : problems.notThere(word, resolve(cwd, word));
}
