/** Answers with the request as it came in: every var, and the body as latin-1 where it is not endless. */
export function application(environ, startResponse) {
  startResponse('200 OK', [['Content-Type', 'application/json']]);
  const vars = Object.entries(environ).filter(([, value]) => typeof value === 'string');
  const body = Number(environ.CONTENT_LENGTH || 0) <= 65_536 ? environ['wsgi.input'].read() : Buffer.alloc(0);
  return JSON.stringify({ vars, body: body.toString('latin1') });
}
