/** As many threads as argv says that do nothing, and a server that answers: what Node itself takes. argv: port, threads. */
import { createServer } from 'node:http';
import { Worker } from 'node:worker_threads';

const [port, threads] = process.argv.slice(2).map(Number);
const started = Array.from(
  { length: threads },
  () =>
    new Promise((resolve) => new Worker('setInterval(() => {}, 1e6)', { eval: true }).on('online', resolve)),
);
await Promise.all(started);
createServer((_request, response) => response.end()).listen(port, '127.0.0.1');
