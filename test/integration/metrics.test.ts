/** `metrics`: what Prometheus, health checks and an application with prom-client see of a running server. */
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { parseExposition } from '../support/exposition.js';
import { Instance } from '../support/instance.js';
import { type RunningServer, startServer } from '../support/server.js';

vi.setConfig({ testTimeout: 60_000 });

const counting = fileURLToPath(new URL('../apps/metrics.js', import.meta.url));

let instance: Instance;
let server: RunningServer;
let url: string;
beforeEach(async () => {
  instance = await Instance.make();
});
afterEach(cleanUp);

async function start(...more: string[]): Promise<void> {
  const args = instance.args('--wsgi-file', counting, '--metrics', '127.0.0.1:0', '--threads', '2', ...more);
  server = await startServer({ args });
  const [, address] = await server.lines.waitFor(/^\*\*\* Metrics enabled on (\S+) fd/);
  url = `http://${address}`;
}

const statusOf = async (path: string) => (await fetch(url + path)).status;

async function scrape() {
  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const families = parseExposition(await response.text());
  const value = (name: string, labels: Record<string, string> = {}) =>
    [...families.values()]
      .flatMap(({ samples }) => samples)
      .find(
        (each) =>
          each.name === name && Object.entries(labels).every(([key, text]) => each.labels[key] === text),
      )?.value;
  return { families, value };
}

it('counts what a client has counted, and adds up what the threads of the application count', async () => {
  await start();
  const paths = Array.from({ length: 60 }, (_, index) => (index % 3 === 0 ? '/a' : '/bb"\\'));
  const answers = await Promise.all(paths.map((path) => instance.get(path)));
  const { families, value } = await scrape();
  expect(families.get('uwsgi_node_requests_total')?.type).toBe('counter');
  expect(value('uwsgi_node_requests_total', { class: '2xx' })).toBe(60);
  expect(value('uwsgi_node_request_duration_seconds_count')).toBe(60);
  expect(value('uwsgi_node_response_bytes_total')).toBe(
    answers.reduce((sum, { raw }) => sum + raw.length, 0),
  );
  expect(value('uwsgi_node_requests_in_flight')).toBe(0);
  expect(value('uwsgi_node_threads')).toBe(2);
  expect(value('uwsgi_node_heap_used_bytes', { worker: '1', core: '1' })).toBeGreaterThan(1e6);
  expect(value('uwsgi_node_listen_queue', { socket: instance.socketPath })).toBe(0);
  expect(value('shop_requests_total', { path: '/a' })).toBe(20);
  expect(value('shop_requests_total', { path: '/bb"\\' })).toBe(40);
  expect(value('shop_size_bytes_count')).toBe(60);
  expect(families.has('shop_nothing')).toBe(true);
});

it('leaves a stuck thread out, and shows it busy', async () => {
  await start();
  for (let n = 0; n < 8; n++) await instance.get('/a');
  await expect.poll(async () => (await scrape()).value('shop_requests_total')).toBe(8);
  const stuck = instance.get('/stuck');
  await expect.poll(async () => (await scrape()).value('uwsgi_node_busy_threads')).toBe(1);
  const { value } = await scrape();
  // Of its two threads one answers.
  expect(value('shop_requests_total') ?? 0).toBeLessThanOrEqual(8);
  expect(value('uwsgi_node_requests_in_flight')).toBe(1);
  await server.destroy();
  await stuck;
});

it('counts workers that were started again, by cause', async () => {
  await start();
  await instance.get('/a');
  for (const pid of server.workers) process.kill(pid, 'SIGKILL');
  await server.lines.waitFor(/^Respawned uWSGI worker 1 /);
  const { value } = await scrape();
  expect(value('uwsgi_node_respawns_total', { cause: 'signal' })).toBe(1);
  expect(value('uwsgi_node_requests_total', { class: '2xx' })).toBe(1);
});

it('is ready while requests are answered, and lives as long as the master', async () => {
  await start();
  expect([await statusOf('/livez'), await statusOf('/readyz'), await statusOf('/')]).toEqual([200, 200, 404]);
  server.kill('SIGTSTP');
  await server.lines.waitFor(/^\*\*\* PAUSE/);
  expect([await statusOf('/livez'), await statusOf('/readyz')]).toEqual([200, 503]);
  server.kill('SIGTSTP');
  await server.lines.waitFor(/^\*\*\* RESUME/);
  const stuck = instance.get('/stuck');
  await expect.poll(async () => (await scrape()).value('uwsgi_node_busy_threads')).toBe(1);
  server.kill('SIGTERM');
  await server.lines.waitFor(/^SIGTERM received/);
  const response = await fetch(`${url}/readyz`);
  expect(response.status).toBe(503);
  expect(await response.text()).toMatch(/^(draining|stopping)\n$/);
  expect(await statusOf('/livez')).toBe(200);
  await server.destroy();
  await stuck;
});
