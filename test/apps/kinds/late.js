import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

export const version = 1;

wait(300).then(() =>
  createServer((req, res) => res.end(`${req.url} late`)).listen({ port: 8081, host: 'localhost' }),
);
