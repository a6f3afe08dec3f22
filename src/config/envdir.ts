/**
 * Folders in the manner of daemontools' envdir: a file for each variable, its content the value.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { problems } from '../errors/configuration.js';
import { reasonOf, Unreadable } from './sources.js';

/**
 * The variables of a folder: the content of each file without blanks and newlines at its end; null, to take the variable
 * away, for an empty file. Hidden files and what is no file are passed over.
 *
 * @throws {Unreadable}
 */
export function readEnvironmentFolder(folder: string, cwd: string): [name: string, value: string | null][] {
  const path = resolve(cwd, folder);
  try {
    const names = readdirSync(path).filter(
      (name) => !name.startsWith('.') && statSync(join(path, name)).isFile(),
    );
    return names.map((name) => [name, valueIn(readFileSync(join(path, name), 'utf8'))]);
  } catch (error) {
    throw new Unreadable(problems.unreadableFile(folder, reasonOf(error)));
  }
}

function valueIn(text: string): string | null {
  return text === '' ? null : text.split('\0')[0]!.replace(/[\r\n\t ]+$/, '');
}
