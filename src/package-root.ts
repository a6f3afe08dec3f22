/**
 * Where this package lies. Asked for instead of relative paths, because a bundle puts code into other files than its source.
 */
import { existsSync } from 'node:fs';

function find(): URL {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    if (existsSync(new URL('package.json', folder)) || folder.pathname === '/') return folder;
  }
}

/** The folder of this package's package.json, as a file URL that ends in `/`. */
export const packageRoot: URL = find();
