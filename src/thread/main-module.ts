/**
 * Makes the application's module the program's main one, as in `node app.js`. With `if (require.main === module)` programs
 * connect to their databases before they listen; with `require.main.filename` libraries find the application's folder.
 */
import { existsSync, realpathSync } from 'node:fs';
import Module from 'node:module';

/** The module that was loaded last: the next one to be loaded takes its place. */
let main = '';

/** @param file absolute, before it is imported */
export function becomeMain(file: string): void {
  process.argv[1] = file;
  if (main === '') {
    // Every `require` is given it as its `main` when it is made, the module's own after the module is in the cache.
    const { _cache: loaded } = Module as unknown as { _cache: Record<string, NodeModule> };
    Object.defineProperty(process, 'mainModule', { get: () => loaded[main], configurable: true });
  }
  // What a package promises as its entry need not be there: the import says so.
  main = existsSync(file) ? realpathSync(file) : file;
}
