/** The built server on one uwsgi socket, unix or TCP, with one of the applications of test/apps. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeDirectory } from './clean-up.js';
import { type RunningServer, type ServerOptions, startServer } from './server.js';

export const transports = ['unix', 'tcp'] as const;
export type Transport = (typeof transports)[number];

/** @param app name of a file in test/apps, without its ending */
export async function startEngine(
  app: string,
  transport: Transport,
  args: string[] = [],
  options: Partial<ServerOptions> = {},
): Promise<RunningServer> {
  const socket = transport === 'unix' ? join(await makeDirectory(), 'app.sock') : '127.0.0.1:0';
  const file = fileURLToPath(new URL(`../apps/${app}.js`, import.meta.url));
  return startServer({ ...options, args: ['--master', '--socket', socket, '--wsgi-file', file, ...args] });
}
