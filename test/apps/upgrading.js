/** A server of Node that takes upgrades, and says everything back over the connections it got by them. */
import { createServer } from 'node:http';

createServer((_, response) => response.end('no upgrade'))
  .on('upgrade', (_, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    socket.pipe(socket);
  })
  .listen();
