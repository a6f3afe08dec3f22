/** Small responses of every kind, for the tests of what a front server makes of them. */
const json = ['Content-Type', 'application/json'];

const responses = {
  '/status': ({ QUERY_STRING: code }) => [`${code} Reason`, [['X-Status', code]], `status ${code}`],
  '/cookies': () => [
    '200 OK',
    [
      ['Set-Cookie', 'a=1; Path=/'],
      ['Set-Cookie', 'b=2; HttpOnly'],
      ['Set-Cookie', 'c=3'],
    ],
    '',
  ],
  '/headers': ({ HTTP_X_BIG }) => ['200 OK', [['X-Big', HTTP_X_BIG]], ''],
  '/echo': (environ) => ['200 OK', [], environ['wsgi.input'].read()],
  '/echo-query': ({ QUERY_STRING }) => ['200 OK', [], QUERY_STRING],
  '/throw': () => {
    throw new Error('on purpose');
  },
};

function environOf(environ) {
  const vars = Object.entries(environ).filter(([, value]) => typeof value === 'string');
  return ['200 OK', [json], JSON.stringify(Object.fromEntries(vars))];
}

export function application(environ, startResponse) {
  const [status, headers, body] = (responses[environ.PATH_INFO] ?? environOf)(environ);
  startResponse(status, headers);
  return body;
}
