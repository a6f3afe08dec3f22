/**
 * Bare uWebSockets.js doing what the HTTP front does for an application: every header read into an object, method, URL,
 * query and peer beside them. argv: the TCP port.
 */
const { App } = require('uwebsockets');

const HELLO = "<h1 style='color:blue'>Hello There!</h1>";
const names = new Map();

function keyOf(name) {
  const key = `HTTP_${name.toUpperCase().replaceAll('-', '_')}`;
  names.set(name, key);
  return key;
}

App()
  .any('/*', (response, request) => {
    const environ = {
      REQUEST_METHOD: request.getCaseSensitiveMethod(),
      PATH_INFO: request.getUrl(),
      QUERY_STRING: request.getQuery(),
    };
    request.forEach((name, value) => {
      environ[names.get(name) ?? keyOf(name)] = value;
    });
    response
      .writeStatus('200 OK')
      .writeHeader('Content-Type', 'text/html')
      .end(environ.PATH_INFO === '/' ? HELLO : '');
  })
  .listen('127.0.0.1', Number(process.argv[2]), (socket) => {
    if (!socket) process.exit(1);
  });
