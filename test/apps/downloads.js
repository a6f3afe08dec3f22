/** Responses of QUERY_STRING bytes, made in the way the path names. Their bytes are a function of their place. */
import { Readable } from 'node:stream';

const block = Buffer.alloc(65_536, (1 << 16) - 1);
for (let i = 0; i < block.length; i++) block[i] = (i * 31 + (i >> 8)) & 0xff;

function* chunks(size) {
  for (let left = size; left > 0; left -= block.length) yield block.subarray(0, Math.min(left, block.length));
}

async function* slowly(size) {
  for (const chunk of chunks(size)) {
    await null;
    yield chunk;
  }
}

const bodies = {
  '/buffer': (size) => Buffer.concat([...chunks(size)]),
  '/string': (size) => 'ä'.repeat(size / 2),
  '/list': (size) => [...chunks(size)],
  '/generator': chunks,
  '/async': slowly,
  '/stream': (size) => Readable.from(chunks(size)),
};

export function application(environ, startResponse) {
  const { PATH_INFO, QUERY_STRING } = environ;
  const size = Number(QUERY_STRING);
  const headers = [['Content-Type', 'application/octet-stream']];
  if (PATH_INFO !== '/write') {
    startResponse('200 OK', [...headers, ['Content-Length', QUERY_STRING]]);
    return bodies[PATH_INFO](size);
  }
  const write = startResponse('200 OK', headers);
  for (const chunk of chunks(size)) write(chunk);
  return null;
}
