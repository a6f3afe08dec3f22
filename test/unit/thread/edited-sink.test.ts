/** `add-header` and `rem-header`, through whatever carries the response of whatever kind of application. */
import { afterEach, describe, expect, it } from 'vitest';
import { fetchHandler } from '../../../src/adapters/fetch.js';
import { nodeHandler } from '../../../src/adapters/node-http.js';
import { plainError } from '../../../src/wsgi/call.js';
import type { Application, Header } from '../../../src/wsgi/types.js';
import { cleanUp } from '../../support/clean-up.js';
import { request } from '../../support/uwsgi-client.js';
import { serve } from './serve.js';

afterEach(cleanUp);

const settings = { addHeader: [['X-Added', 'yes']] as [string, string][], remHeader: ['x-powered-by'] };
const headers: Header[] = [
  ['X-Kept', '1'],
  ['X-Powered-By', 'me'],
];

const applications: Record<string, Application> = {
  'one chunk': (_, startResponse) => {
    startResponse('200 OK', headers);
    return 'body';
  },
  'a stream': (_, startResponse) => {
    startResponse('200 OK', headers);
    return (async function* () {
      yield 'bo';
      yield 'dy';
    })();
  },
  'a Node response with a text': nodeHandler((_, response) => {
    response.writeHead(200, headers.flat()).end('body');
  }),
  'a Node response with bytes': nodeHandler((_, response) => {
    response.writeHead(200, headers.flat()).end(Buffer.from('body'));
  }),
  'a Node response in pieces': nodeHandler((_, response) => {
    response.writeHead(200, headers.flat()).write('bo');
    setImmediate(() => response.end('dy'));
  }),
  'a Node response in one cork': nodeHandler((_, response) => {
    response.cork();
    response.writeHead(200, headers.flat()).write(Buffer.from('b'));
    response.write('o');
    response.write('dy');
    response.uncork();
    response.end();
  }),
  'a web response': fetchHandler(
    () => new Response('body', { headers: { 'X-Kept': '1', 'X-Powered-By': 'me' } }),
  ),
};

describe.each(Object.entries(applications))('%s', (_, application) => {
  it('is edited on its way to a front server', async () => {
    const { address } = await serve(application, settings);
    const { status, headers, body } = await request(address);
    expect([status, body.toString()]).toEqual([200, 'body']);
    const own = headers.map(([name, value]) => [name.toLowerCase(), value]);
    expect(own.filter(([name]) => name!.startsWith('x-'))).toEqual([
      ['x-kept', '1'],
      ['x-added', 'yes'],
    ]);
  });

  it.each(['node:http', 'uWebSockets.js'] as const)('is edited on its way over %s', async (engine) => {
    const { address } = await serve(application, settings, engine);
    const answer = await fetch(`http://${address}/`);
    expect([answer.status, await answer.text()]).toEqual([200, 'body']);
    const get = (name: string) => answer.headers.get(name);
    expect([get('X-Kept'), get('X-Added'), get('X-Powered-By')]).toEqual(['1', 'yes', null]);
  });
});

describe('the answer to an error', () => {
  const failing: Application = () => {
    throw new Error('planned');
  };

  it('is edited, too', async () => {
    const { address } = await serve(failing, { ...settings, remHeader: ['Content-Type'] });
    const answer = await request(address);
    const get = (name: string) => answer.header(name);
    expect([answer.status, get('X-Added'), get('Content-Type')]).toEqual([500, 'yes', undefined]);
  });

  it('is edited where the request is given up from outside', async () => {
    const lost: Application = () => {
      setImmediate(() => served.server.current()!.fail(plainError));
      return new Promise(() => {});
    };
    const served = await serve(lost, settings, 'uwsgi', { tracksRequests: true });
    const answer = await request(served.address);
    expect([answer.status, answer.header('X-Added')]).toEqual([500, 'yes']);
  });
});

it('adds as much as may be added to the largest head', async () => {
  const [own, added] = [64_900, 59_900].map((length) => 'a'.repeat(length));
  const { address } = await serve(
    (_, startResponse) => {
      startResponse('200 OK', [['X-Own', own!]]);
      return 'body';
    },
    { addHeader: [['X-Added', added!]] },
  );
  const answer = await request(address);
  expect([answer.header('X-Own'), answer.header('X-Added')]).toEqual([own, added]);
  expect(answer.body.toString()).toBe('body');
});
