/** What is no file is the application's, whatever kind of application it is. */
import { createServer } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { nodeHandler } from '../../../src/adapters/node-http.js';
import { upgradeListenerOf } from '../../../src/adapters/websocket.js';
import { defaultStaticSettings } from '../../../src/config/static-settings.js';
import { filesFirst } from '../../../src/thread/files-first.js';
import type { Application } from '../../../src/wsgi/types.js';
import { cleanUp } from '../../support/clean-up.js';
import { request, requestVars } from '../../support/uwsgi-client.js';
import { serve } from './serve.js';

afterEach(cleanUp);

const settings = { ...defaultStaticSettings(), check: [import.meta.dirname] };
const vars = (path: string) => ({ vars: requestVars({ PATH_INFO: path, REQUEST_URI: path }) });

const server = createServer((_, response) => response.end('application')).on('upgrade', () => {});
const applications: Record<string, Application> = {
  'an application': (_, startResponse) => {
    startResponse('200 OK', []);
    return 'application';
  },
  'a Node server': nodeHandler(server),
};

it.each(Object.entries(applications))('%s answers what no file does', async (_, application) => {
  const { address } = await serve(filesFirst(settings, application));
  const body = async (path: string) => (await request(address, vars(path))).body.toString();
  expect(await body('/files-first.test.ts')).toContain('What is no file');
  expect(await body('/files-first')).toBe('application');
});

it('leaves upgrades to who takes them', () => {
  const taker = (application: Application) => upgradeListenerOf(filesFirst(settings, application));
  expect(taker(applications['a Node server']!)).toBeTypeOf('function');
  expect(taker(applications['an application']!)).toBeNull();
});
