/** A ThreadServer in this process, on a unix socket of its own. */
import { join } from 'node:path';
import { defaultSettings } from '../../../src/config/default-settings.js';
import type { Settings, SocketProtocol } from '../../../src/config/settings.js';
import type { HttpEngine } from '../../../src/http/engine.js';
import { native } from '../../../src/native.js';
import { type ServerOptions, ThreadServer } from '../../../src/thread/server.js';
import type { Application } from '../../../src/wsgi/types.js';
import { makeDirectory, onCleanUp } from '../../support/clean-up.js';

export interface Served {
  server: ThreadServer;
  address: string;
}

/** @param spoken a protocol for front servers, or what serves HTTP, on a port of 127.0.0.1 */
export async function serve(
  application: Application,
  changes: Partial<Settings> = {},
  spoken: Exclude<SocketProtocol, 'http'> | HttpEngine = 'uwsgi',
  more: Partial<ServerOptions> = {},
): Promise<Served> {
  const http = spoken === 'node:http' || spoken === 'uWebSockets.js' ? spoken : null;
  const path = http === null ? join(await makeDirectory(), 'app.sock') : '127.0.0.1:0';
  const { fd, name, family } = native.bindListener(path, { backlog: 128, mode: null });
  const protocol = http === null ? (spoken as SocketProtocol) : 'http';
  const listeners = [{ fd, name, family, protocol }];
  const server = new ThreadServer(application, {
    listeners,
    settings: { ...defaultSettings(), disableLogging: true, ...changes },
    core: 0,
    constants: {
      multithread: false,
      multiprocess: false,
      version: '1.2.3',
      node: 'host',
      errors: { write() {}, writelines() {}, flush() {} },
    },
    ...more,
  });
  if (http !== null) await server.startHttp(listeners, http);
  onCleanUp(async () => {
    if (http !== null) await server.drain();
    server.close();
    native.closeFd(fd);
  });
  return { server, address: name };
}
