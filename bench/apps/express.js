/** Express, as one starts it: `node express.js PORT`. Under uwsgi-node nothing is changed. */
import express from 'express';

const app = express();
app.get('/', (_request, response) => {
  response.set('Content-Type', 'text/plain').send('Hello from Express, whoever listens for me.\n');
});
app.listen(Number(process.argv[2] ?? 3000), '127.0.0.1');
