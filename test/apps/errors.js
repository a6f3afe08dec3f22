/** Goes wrong in the way the path names. */
function fail(what) {
  throw new Error(`on purpose: ${what}`);
}

const failures = {
  '/sync': () => fail('sync'),
  '/async': async () => {
    await null;
    fail('async');
  },
  '/generator': function* () {
    yield '';
    fail('generator');
  },
  '/after-head': function* () {
    yield 'the first half';
    fail('after head');
  },
  '/async-after-head': async function* () {
    yield 'the first half';
    await null;
    fail('async after head');
  },
  '/short': () => ['short'],
  '/long': () => ['much too long'],
  '/no-body': () => 5,
  '/text': () => {
    throw 'a string\nof two lines';
  },
};

export function application(environ, startResponse) {
  if (environ.PATH_INFO === '/not-started') return 'body';
  if (environ.PATH_INFO === '/bad-header') startResponse('200 OK', [['A', 'b\r\nC: d']]);
  startResponse('200 OK', [['Content-Length', environ.QUERY_STRING || '100']]);
  return failures[environ.PATH_INFO](environ);
}
