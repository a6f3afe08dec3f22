// What a front server does to a request, told back: the body, or where the request went. `/big` is large, `/pieces` streams.
export async function application(environ, startResponse) {
  if (environ.PATH_INFO === '/big') {
    startResponse('200 OK', [['Content-Type', 'application/octet-stream']]);
    return Buffer.alloc(3_000_000, 'b');
  }
  if (environ.PATH_INFO === '/pieces') {
    startResponse('200 OK', [['Content-Type', 'text/plain']]);
    return (async function* pieces() {
      for (let i = 0; i < 3; i += 1) {
        yield `piece ${i}, `;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
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
