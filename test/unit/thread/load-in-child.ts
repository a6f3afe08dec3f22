/**
 * Loads applications with the built loader in a Node process of its own: import() and require() are Node's there, not
 * vitest's.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { AppSetting } from '../../../src/config/settings.js';

export interface Load {
  setting: AppSetting;
  cwd: string;
}

/** What was found and what it answers; or the error. */
export type Loaded =
  | { file: string; callable: string; answer: string }
  | { code: string | undefined; message: string };

const loader = new URL('../../../dist/thread/app-loader.js', import.meta.url).href;

const script = `
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

export function loadInChild(loads: Load[], nodeOptions: string[] = []): Loaded[] {
  const args = [...nodeOptions, '--input-type=module', '-e', script, JSON.stringify(loads)];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  });
  if (status !== 0) throw new Error(`the loader's process ended with ${status}:\n${stderr}`);
  return JSON.parse(stdout) as Loaded[];
}
