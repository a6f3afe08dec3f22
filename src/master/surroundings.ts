/** The environment and the working directory of the server, and of what it starts. */
import type { Settings } from '../config/settings.js';
import { startErrors } from '../errors.js';
import { forgetSystemd } from './systemd.js';

/** What workers and commands are started with. @param start the environment in which the server was started */
export function environmentOf(
  settings: Settings,
  start: Readonly<NodeJS.ProcessEnv>,
  reloads: number,
): NodeJS.ProcessEnv {
  const env = { ...start };
  forgetSystemd(env);
  if (reloads > 0) env.UWSGI_RELOADS = String(reloads);
  applyEnvironment(settings, env);
  return env;
}

/** Does what `env` and `unenv` say to an environment. */
export function applyEnvironment({ environment }: Settings, env: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(environment)) {
    if (value === null) delete env[name];
    else env[name] = value;
  }
}

/**
 * @returns the line for the log
 * @throws {UwsgiNodeError} UWSGI_CHDIR
 */
export function changeDirectory(path: string): string {
  try {
    process.chdir(path);
  } catch (error) {
    throw startErrors.changeDirectory(path, error as NodeJS.ErrnoException);
  }
  return `chdir() to ${path}`;
}
