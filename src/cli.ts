/** The command `uwsgi-node`: configuration in, exit code out. Runs in the process that becomes the master. */
// First of all, for it is in a hurry.
import './master/early-signals.js';

import { loadConfiguration } from './config/load.js';
import { startErrors, UwsgiNodeError } from './errors.js';
import { log } from './log/stderr.js';
import { backgroundProcess, goToBackground } from './master/daemonize.js';
import { takeHandover, takeTrial } from './master/handover.js';
import { signalInstance } from './master/pidfile.js';

/** Words in the place of a configuration: programs that look at a running server. */
const tools: Readonly<Record<string, (argv: string[]) => Promise<number>>> = {
  profile: async (argv) => (await import('./debugging/profile.js')).takeProfile(argv),
  stats: async (argv) => (await import('./stats/print.js')).printStatistics(argv),
  traceback: async (argv) => (await import('./debugging/traceback.js')).printTraceback(argv),
  top: async (argv) => (await import('./stats/top/top.js')).runTop(argv),
};

async function main(): Promise<number> {
  const onServing = backgroundProcess(process.env);
  const handover = takeHandover(process.env);
  const isTrial = takeTrial(process.env);
  const argv = process.argv.slice(2);
  const tool = tools[argv[0] ?? ''];
  if (tool !== undefined) return tool(argv.slice(1));
  const start = { env: { ...process.env }, cwd: process.cwd() };
  const loaded = loadConfiguration(argv, start.env, start.cwd);
  switch (loaded.action) {
    case 'print':
      if (isTrial) throw startErrors.notAServer();
      process.stdout.write(loaded.text);
      return loaded.exitCode;
    case 'signal':
      signalInstance(loaded.option, loaded.pidfile, loaded.signal);
      return 0;
    case 'run': {
      const { daemonize } = loaded.settings;
      if (isTrial) {
        (await import('./master/run.js')).tryRun(loaded);
        return 0;
      }
      if (daemonize !== null && onServing === null && handover === null && process.pid !== 1)
        return goToBackground(daemonize.waits);
      const { runMaster } = await import('./master/run.js');
      return runMaster(loaded, {
        ...start,
        onServing,
        handover,
        read: (env) => loadConfiguration(argv, env, start.cwd),
      });
    }
  }
}

function refuse(error: unknown): number {
  if (!(error instanceof UwsgiNodeError)) throw error;
  log(...error.message.split('\n').map((line) => `uwsgi-node: ${line}`));
  return 1;
}

// Without a top-level await: a CommonJS bundle has none.
main()
  .catch(refuse)
  .then((exitCode) => {
    process.exitCode = exitCode;
  });
