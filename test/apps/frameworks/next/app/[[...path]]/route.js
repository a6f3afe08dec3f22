/** Every path but the page's. */
import { createHash } from 'node:crypto';

const sessions = new Map();
const text = new TextEncoder();

function streamOf(chunks, { ends = true } = {}) {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(text.encode(chunk));
      if (ends) controller.close();
    },
  });
}

const gets = {
  '/': () => new Response('hello'),
  '/client': ({ headers, nextUrl }) =>
    Response.json({
      ip: headers.get('x-forwarded-for'),
      protocol: headers.get('x-forwarded-proto'),
      url: nextUrl.pathname + nextUrl.search,
    }),
  '/download': () => new Response('x'.repeat(3_000_000)),
  '/cookies': () => {
    const headers = new Headers();
    for (const name of ['a', 'b', 'c', 'd', 'e']) headers.append('Set-Cookie', `${name}=1; Path=/`);
    return new Response('set', { headers });
  },
  '/redirect': () => new Response(null, { status: 302, headers: { Location: '/' } }),
  '/stream': () => new Response(streamOf(['one ', 'two ', 'three'])),
  '/events': ({ signal }) => {
    signal.addEventListener('abort', globalThis.reader.left);
    const headers = { 'Content-Type': 'text/event-stream' };
    return new Response(streamOf(['data: first\n\n'], { ends: false }), { headers });
  },
  '/reader-left': async () => new Response(await globalThis.reader.hasLeft),
  '/throw': () => {
    throw new Error('thrown on purpose');
  },
  '/compressed': () => new Response('x'.repeat(10_000), { headers: { 'Content-Type': 'text/plain' } }),
  '/session': ({ cookies }) => {
    const id = cookies.get('session')?.value ?? String(sessions.size);
    sessions.set(id, (sessions.get(id) ?? 0) + 1);
    return new Response(String(sessions.get(id)), { headers: { 'Set-Cookie': `session=${id}` } });
  },
};

const posts = {
  '/json': async (request) => Response.json(await request.json()),
  '/upload': async ({ body }) => {
    const hash = createHash('sha256');
    for await (const chunk of body) hash.update(chunk);
    return new Response(hash.digest('hex'));
  },
  '/multipart': async (request) => {
    const form = await request.formData();
    const { name, size } = form.get('file');
    return Response.json({ name, size, field: form.get('field') });
  },
};

export const GET = (request) => gets[request.nextUrl.pathname](request);
export const POST = (request) => posts[request.nextUrl.pathname](request);
