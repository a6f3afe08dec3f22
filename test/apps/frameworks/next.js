/** Next as its documentation has a custom server; what it serves is in next/ and was built by test/support/next-build.ts. */
import { createServer, Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import next from 'next';
import { echoWebSockets, reader } from './shared.js';

globalThis.reader = reader;
const app = next({
  dev: false,
  dir: fileURLToPath(new URL('../../../build/next', import.meta.url)),
  // Next takes upgrades for itself and ends those it does not know; of this server it gets none.
  httpServer: new Server(),
});
await app.prepare();
const handle = app.getRequestHandler();
const server = createServer((request, response) => handle(request, response));
echoWebSockets(server);
server.listen(3000);
