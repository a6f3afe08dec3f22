exports.application = (environ, startResponse) => {
  const isKnown = ['/', '/health'].includes(environ.PATH_INFO);
  startResponse(isKnown ? '200 OK' : '404 Not Found', [['Content-Type', 'text/plain']]);
  return environ.PATH_INFO === '/health' ? 'fine' : `process ${process.pid}`;
};
