/** The hello of the benchmark on Node's own HTTP server: what `proxy_pass` users have today. argv: the TCP port. */
import { createServer } from 'node:http';

const HELLO = "<h1 style='color:blue'>Hello There!</h1>";

createServer((_request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Length': HELLO.length });
  response.end(HELLO);
}).listen(Number(process.argv[2]), '127.0.0.1');
