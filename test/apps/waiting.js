/** Waits for its peer to leave, in the way the path names, and says in the log that it has. */
const waits = {
  '/signal': async ({ 'uwsgi.signal': signal }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    console.error(`signal fired: ${signal.aborted}`);
    return '';
  },
  '/stream': ({ 'uwsgi.signal': signal }) => {
    signal.addEventListener('abort', () => console.error('stream: signal fired'));
    return new ReadableStream({
      start: (controller) => controller.enqueue('the head is out'),
      cancel: () => console.error('stream: cancelled'),
    });
  },
  '/fetch': async ({ 'uwsgi.signal': signal }) => {
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  },
  '/endless': function* () {
    try {
      for (;;) yield Buffer.alloc(65_536, 'x');
    } finally {
      console.error('endless: closed');
    }
  },
  '/body': async ({ 'wsgi.input': input }) => {
    try {
      for await (const _ of input);
    } catch (error) {
      console.error(`body: ${error.code}`);
    }
    return '';
  },
};

export function application(environ, startResponse) {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return waits[environ.PATH_INFO](environ);
}
