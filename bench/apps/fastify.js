/** Fastify, as one starts it: `node fastify.js PORT`. Under uwsgi-node nothing is changed. */
import Fastify from 'fastify';

const app = Fastify();
app.get('/', async () => 'Hello from Fastify, whoever listens for me.\n');
await app.listen({ port: Number(process.argv[2] ?? 3000), host: '127.0.0.1' });
