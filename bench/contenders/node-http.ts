/** Node's own HTTP server in one process: what an application has without an application server. */
import { join } from 'node:path';
import type { Contender } from '../contender.js';
import { appsDir } from '../paths.js';
import { freePort } from '../ports.js';

export const nodeHttp: Contender = {
  name: 'node-http',
  label: 'node:http',
  unavailable: () => null,
  async prepare() {
    const port = await freePort();
    return {
      command: [process.execPath, join(appsDir, 'node-http.js'), String(port)],
      endpoint: { protocol: 'http', address: `127.0.0.1:${port}` },
    };
  },
};
