import Fastify from 'fastify';

export const app = Fastify();
app.get('/*', async (request) => `${request.url} fastify`);
