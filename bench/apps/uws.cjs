/** The hello of the benchmark on bare uWebSockets.js. argv: the TCP port. */
const { App } = require('uwebsockets');

const HELLO = "<h1 style='color:blue'>Hello There!</h1>";

App()
  .get('/', (response) => {
    response.writeHeader('Content-Type', 'text/html').end(HELLO);
  })
  .listen('127.0.0.1', Number(process.argv[2]), (socket) => {
    if (!socket) process.exit(1);
  });
