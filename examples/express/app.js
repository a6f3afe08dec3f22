/** An Express application as its documentation has it. `node app.js` runs it alone; uwsgi-node runs it unchanged. */
import express from 'express';

const app = express();

app.get('/', (request, response) => {
  response.send(`Hello ${request.ip} from Express\n`);
});

app.post('/echo', express.json(), (request, response) => {
  response.json(request.body);
});

app.listen(3000);
