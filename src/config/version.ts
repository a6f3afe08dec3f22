import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../package-root.js';

/** The version of this package, from its package.json. */
export function packageVersion(): string {
  return (
    createRequire(import.meta.url)(fileURLToPath(new URL('package.json', packageRoot))) as { version: string }
  ).version;
}
