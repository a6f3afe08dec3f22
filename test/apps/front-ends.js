// What a front server does to a request, told back: the body, or where the request went.
export async function application(environ, startResponse) {
  if (environ.PATH_INFO === '/big') {
    startResponse('200 OK', [['Content-Type', 'application/octet-stream']]);
    return Buffer.alloc(3_000_000, 'b');
  }
  if (environ.REQUEST_METHOD === 'POST') {
    const parts = [];
    for await (const part of environ['wsgi.input']) parts.push(part);
    startResponse('200 OK', [['Content-Type', 'application/octet-stream']]);
    return Buffer.concat(parts);
  }
  startResponse('200 OK', [['Content-Type', 'application/json']]);
  const { REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, QUERY_STRING } = environ;
  return JSON.stringify({ REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, QUERY_STRING });
}
