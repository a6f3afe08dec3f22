// The smallest application there is: what `npm start` serves on http://127.0.0.1:8080/.
export function application(environ, startResponse) {
  startResponse('200 OK', [['Content-Type', 'text/html; charset=utf-8']]);
  return `<h1>Hello from uwsgi-node</h1>\n<p>${environ.REQUEST_METHOD} ${encodeURI(environ.PATH_INFO)}</p>\n`;
}
