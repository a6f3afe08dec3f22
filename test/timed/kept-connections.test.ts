/**
 * FastCGI connections that stay open, while workers come and go. One is offered to others for 10 ms, in which they must get
 * a processor.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { cleanUp, makeDirectory } from '../support/clean-up.js';
import { KeptConnection } from '../support/fastcgi-client.js';
import { startServer } from '../support/server.js';

vi.setConfig({ testTimeout: 120_000 });

afterEach(cleanUp);

/** Works for a while and answers with who served. */
const app = `
  export function application(environ, start) {
    for (const end = performance.now() + 2; performance.now() < end; );
    start('200 OK', []);
    return String(process.pid);
  }`;

/** One request over each connection, all at once. Returns who served; null where the connection was closed instead. */
async function round(connections: KeptConnection[]): Promise<(string | null)[]> {
  const answers = await Promise.all(connections.map((connection) => connection.get('/')));
  return answers.map((answer) => answer?.split('\r\n\r\n')[1] ?? null);
}

it('moves kept connections to a worker that comes, and away from one that goes', async () => {
  const folder = await makeDirectory();
  const [file, socket, fifo] = [join(folder, 'app.mjs'), join(folder, 'app.sock'), join(folder, 'fifo')];
  await writeFile(file, app);
  const server = await startServer({
    args: [
      ...['--master', '--fastcgi-socket', socket, '--wsgi-file', file, '--disable-logging'],
      ...['--processes', '2', '--cheaper', '1', '--cheaper-algo', 'manual', '--master-fifo', fifo],
    ],
  });
  const connections = await Promise.all(Array.from({ length: 16 }, () => KeptConnection.open(socket)));
  const say = async (word: string, line: RegExp) => {
    const from = server.lines.position;
    await writeFile(fifo, word);
    await server.lines.waitFor(line, { from });
  };

  expect(new Set(await round(connections)).size).toBe(1);
  await say('+', /^WSGI app 0 .* pid: \d+/);
  await expect
    .poll(
      async () => {
        const served = await round(connections);
        expect(served).not.toContain(null);
        const first = served.filter((pid) => pid === served[0]).length;
        return Math.min(first, served.length - first);
      },
      // The load goes on until it has spread.
      { interval: 0, timeout: 60_000 },
    )
    .toBeGreaterThanOrEqual(4);

  await say('-', /^uWSGI worker \d cheaped\.$/);
  const served = new Set(await round(connections));
  expect(served).not.toContain(null);
  expect(served.size).toBe(1);
  for (const connection of connections) connection.close();
});
