/** A server for one test: a fresh folder, a unix socket in it, and test/apps/behaviours.js behind it. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeDirectory } from './clean-up.js';
import { type RunningServer, type ServerOptions, startServer } from './server.js';
import { type Response, request, requestVars } from './uwsgi-client.js';

/** One behaviour per path: see there. */
export const behaviours = fileURLToPath(new URL('../apps/behaviours.js', import.meta.url));
/** An application that cannot be loaded. */
export const broken = fileURLToPath(new URL('../apps/broken.js', import.meta.url));

export class Instance {
  readonly socketPath: string;

  private constructor(readonly folder: string) {
    this.socketPath = join(folder, 'app.sock');
  }

  /** Makes the folder; `cleanUp()` removes it. */
  static async make(): Promise<Instance> {
    return new Instance(await makeDirectory());
  }

  /** The options of a server with master, vacuum and this instance's socket, and `more`. */
  args(...more: string[]): string[] {
    return ['--master', '--vacuum', '--socket', this.socketPath, ...more];
  }

  /** Starts `behaviours` under those options and waits until it is ready. */
  start(...more: string[]): Promise<RunningServer> {
    return this.startWith({}, ...more);
  }

  /** The same, with other surroundings. */
  startWith(options: Omit<ServerOptions, 'args'>, ...more: string[]): Promise<RunningServer> {
    return startServer({ ...options, args: this.args('--wsgi-file', behaviours, ...more) });
  }

  /** One request over the instance's socket. */
  get(path: string, query = ''): Promise<Response> {
    return request(this.socketPath, { vars: requestVars({ PATH_INFO: path, QUERY_STRING: query }) });
  }

  async textOf(path: string, query = ''): Promise<string> {
    return (await this.get(path, query)).body.toString();
  }
}
