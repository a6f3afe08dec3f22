/** An application that was wrapped by hand, among others. */
import { createServer } from 'node:http';
import { nodeHandler } from 'uwsgi-node';
import { WebSocketServer } from 'ws';

const server = createServer((req, res) => res.end(`${req.url} wrapped`));
new WebSocketServer({ server }).on('connection', (socket) => socket.send('welcome'));

export const application = nodeHandler(server);
