/** Sends one message and prints what comes back: `node client.js ws://127.0.0.1:8080/echo`. */
import { once } from 'node:events';
import { WebSocket } from 'ws';

const socket = new WebSocket(process.argv[2] ?? 'ws://127.0.0.1:8080/echo');
await once(socket, 'open');
socket.send('hello');
const [data] = await once(socket, 'message');
console.log(String(data));
socket.close();
