import { createServer } from 'node:http2';

createServer((_req, res) => res.end('never')).listen(0);
