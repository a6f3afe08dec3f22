#!/usr/bin/env node
/** The command `uwsgi-node`: configuration in, exit code out. Runs in the process that becomes the master. */
import { loadConfiguration } from './config/load.js';
import { UwsgiNodeError } from './errors.js';
import { log } from './log/stderr.js';

async function main(): Promise<number> {
  const loaded = loadConfiguration(process.argv.slice(2), process.env, process.cwd());
  if (loaded.action === 'print') {
    process.stdout.write(loaded.text);
    return loaded.exitCode;
  }
  const { runMaster } = await import('./master/run.js');
  return runMaster(loaded.settings, loaded);
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UwsgiNodeError)) throw error;
  log(...error.message.split('\n').map((line) => `uwsgi-node: ${line}`));
  process.exitCode = 1;
}
