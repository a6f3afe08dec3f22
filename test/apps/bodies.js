/** Request bodies, read in the way the path names; the answer is their size and digest. */
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';

/** How the bytes are fetched, one after the other. */
const readers = {
  '/read': (input) => [input.read()],
  *'/read-some'(input) {
    for (let chunk = input.read(100_000); chunk.length > 0; chunk = input.read(100_000)) yield chunk;
  },
  *'/lines'(input) {
    yield* input;
  },
  async *'/async'(input) {
    yield* input;
  },
  async *'/stream'(input) {
    yield* input.stream();
  },
};

async function digestOf(chunks) {
  const hash = createHash('sha1');
  let size = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    size += chunk.length;
  }
  return `${size} ${hash.digest('hex')}`;
}

export async function application(environ, startResponse) {
  const input = environ['wsgi.input'];
  const plain = [['Content-Type', 'text/plain']];
  switch (environ.PATH_INFO) {
    case '/unread':
      startResponse('200 OK', plain);
      return 'not read';
    case '/part':
      input.read(10);
      startResponse('200 OK', plain);
      return 'partly read';
    case '/echo':
      startResponse('200 OK', plain);
      return input;
    case '/back': {
      const body = input.read();
      startResponse('200 OK', plain);
      return body;
    }
    case '/discard':
      await pipeline(input.stream(), async (chunks) => {
        for await (const _ of chunks);
      });
      startResponse('204 No Content', []);
      return null;
    default: {
      const text = await digestOf(readers[environ.PATH_INFO](input));
      startResponse('200 OK', plain);
      return text;
    }
  }
}
