/** A fetch handler: what Hono, h3, Deno and Bun have in common. */
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';

const app = new Hono();

app.get('/', (context) => context.text('Hello from fetch\n'));

app.get('/events', (context) =>
  streamSSE(context, async (stream) => {
    for (const number of [1, 2, 3]) await stream.writeSSE({ data: String(number) });
  }),
);

export default app;
