/** WebSockets beside ordinary requests, with the ws package. */
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const server = createServer((_request, response) => response.end('Open a WebSocket at /echo\n'));

const sockets = new WebSocketServer({ server, path: '/echo' });
sockets.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});

// Told to stop, or reloaded: clients get a close frame and come back to the new workers.
process.on('SIGTERM', () => {
  for (const client of sockets.clients) client.close(1001);
  server.close(() => process.exit());
});

server.listen(3000);
