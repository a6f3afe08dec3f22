/** A ThreadServer in this process, on a unix socket of its own. */
import { join } from 'node:path';
import { defaultSettings } from '../../../src/config/default-settings.js';
import type { Settings } from '../../../src/config/settings.js';
import { native } from '../../../src/native.js';
import { ThreadServer } from '../../../src/thread/server.js';
import type { Application } from '../../../src/wsgi/types.js';
import { makeDirectory, onCleanUp } from '../../support/clean-up.js';

export interface Served {
  server: ThreadServer;
  address: string;
}

export async function serve(application: Application, changes: Partial<Settings> = {}): Promise<Served> {
  const path = join(await makeDirectory(), 'app.sock');
  const { fd, name, family } = native.bindListener(path, { backlog: 128, mode: null });
  const server = new ThreadServer(application, {
    listeners: [{ fd, name, family, protocol: 'uwsgi' }],
    settings: { ...defaultSettings(), disableLogging: true, ...changes },
    core: 0,
    constants: {
      multithread: false,
      multiprocess: false,
      version: '1.2.3',
      node: 'host',
      errors: { write() {}, writelines() {}, flush() {} },
    },
  });
  onCleanUp(() => {
    server.close();
    native.closeFd(fd);
  });
  return { server, address: name };
}
