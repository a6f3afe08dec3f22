/** The hello of the benchmark on Node's own HTTP server: what `proxy_pass` users have today. argv: the TCP port, workers. */
import cluster from 'node:cluster';
import { createServer } from 'node:http';

const HELLO = "<h1 style='color:blue'>Hello There!</h1>";
const WAIT_MS = 5;

const [port, workers] = process.argv.slice(2).map(Number);
if (workers > 0 && cluster.isPrimary) {
  for (let i = 0; i < workers; i++) cluster.fork();
  process.on('SIGTERM', () => process.exit(0));
} else {
  const hello = (response) => {
    response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Length': HELLO.length });
    response.end(HELLO);
  };
  createServer((request, response) => {
    if (request.url === '/wait') setTimeout(hello, WAIT_MS, response);
    else hello(response);
  }).listen(port, '127.0.0.1');
}
