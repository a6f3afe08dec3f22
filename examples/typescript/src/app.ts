/** A WSGI-style application in TypeScript. */
import type { Application } from 'uwsgi-node';

export const application: Application = async (environ, startResponse) => {
  let size = 0;
  for await (const chunk of environ['wsgi.input']) size += chunk.length;
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return `${environ.REQUEST_METHOD} ${environ.PATH_INFO} with ${size} bytes\n`;
};
