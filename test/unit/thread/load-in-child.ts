/**
 * Loads applications with the real loader in a Node process of its own: import() and require() are Node's there, not
 * vitest's.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import type { AppSetting } from '../../../src/config/settings.js';

const root = join(import.meta.dirname, '../../..');

export interface Load {
  setting: AppSetting;
  cwd: string;
}

/** What was found and what it answers; or the error. */
export type Loaded =
  | { file: string; callable: string; answer: string }
  | { code: string | undefined; message: string };

/** Bundles the loader alone, as dist/ holds it among other things; returns its URL. */
export async function bundleLoader(): Promise<string> {
  const bundle = await rolldown({
    input: join(root, 'src/thread/app-loader.ts'),
    platform: 'node',
    external: /^[^./]/,
  });
  // Below the package's root, where its dependencies are found.
  const dir = join(root, 'build/test/app-loader');
  const { output } = await bundle.write({ dir, format: 'esm', entryFileNames: '[name].mjs' });
  await bundle.close();
  return pathToFileURL(join(dir, output[0].fileName)).href;
}

const script = (loader: string) => `
  const { loadApplication } = await import(${JSON.stringify(loader)});
  const results = [];
  for (const { setting, cwd } of JSON.parse(process.argv[1])) {
    try {
      const { application, file, callable } = await loadApplication(setting, cwd);
      results.push({ file, callable, answer: String(application({}, () => {})) });
    } catch (error) {
      results.push({ code: error?.code, message: String(error?.message ?? error) });
    }
  }
  console.log(JSON.stringify(results));
  process.exit();
`;

export function loadInChild(loader: string, loads: Load[], nodeOptions: string[] = []): Loaded[] {
  const args = [...nodeOptions, '--input-type=module', '-e', script(loader), JSON.stringify(loads)];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the loader's process ended with ${status}:\n${stderr}`);
  return JSON.parse(stdout) as Loaded[];
}
