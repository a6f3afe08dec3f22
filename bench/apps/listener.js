/** A bare request listener: `node listener.js PORT`. Under uwsgi-node nothing is changed. */
import { createServer } from 'node:http';

const server = createServer((_request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/plain' });
  response.end('Hello from a listener, whoever calls it now.\n');
});
server.listen(Number(process.argv[2] ?? 3000), '127.0.0.1');
