/** `error-page-500`, for every kind of application that fails. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { nodeHandler } from '../../../src/adapters/node-http.js';
import type { Application } from '../../../src/wsgi/types.js';
import { cleanUp, makeDirectory } from '../../support/clean-up.js';
import { request, requestVars } from '../../support/uwsgi-client.js';
import { serve } from './serve.js';

afterEach(cleanUp);

const failing: Record<string, Application> = {
  'an application': () => {
    throw new Error('planned');
  },
  'a Node application': nodeHandler(() => {
    throw new Error('planned');
  }),
};

async function pages() {
  const folder = await makeDirectory();
  const [missing, page] = [join(folder, 'missing.html'), join(folder, 'page.html')];
  writeFileSync(page, '<h1>Sorry \xfc</h1>', 'latin1');
  return { page, errorPage500: [missing, page] };
}

it.each(Object.entries(failing))('is what clients of %s get, as its file is', async (_, application) => {
  const { page, errorPage500 } = await pages();
  const { address } = await serve(application, { errorPage500, addHeader: [['X-Added', 'yes']] });
  const answer = await request(address);
  const get = (name: string) => answer.header(name);
  expect([answer.status, answer.body.toString('latin1')]).toEqual([500, '<h1>Sorry \xfc</h1>']);
  expect([get('Content-Type'), get('Content-Length'), get('X-Added')]).toEqual(['text/html', '16', 'yes']);
  const head = await request(address, { vars: requestVars({ REQUEST_METHOD: 'HEAD' }) });
  expect([head.status, head.body.length]).toEqual([500, 0]);
  rmSync(page);
  expect((await request(address)).body.toString()).toBe('Internal Server Error\n');
});

it('gives way to the stack with catch-exceptions', async () => {
  const { errorPage500 } = await pages();
  const { address } = await serve(failing['an application']!, { errorPage500, catchExceptions: true });
  expect((await request(address)).body.toString()).toContain('Error: planned');
});
