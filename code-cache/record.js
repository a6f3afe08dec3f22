/**
 * Writes down what V8 has compiled for a start up to its first answer, for the next starts not to do it again:
 * dist/code-cache/, for the V8 that runs this. Part of the build; docs/decisions/0007.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const here = import.meta.dirname;
const dist = join(here, '..', 'dist');
const cache = join(dist, 'code-cache');
const folder = join(cache, `${process.versions.v8}-${process.arch}`);
/** The last ones of the master, of the worker's control thread and of its JS thread. */
const programs = ['cli', 'worker', 'thread'].map((name) => join(folder, 'programs', `${name}.cjs.cache`));
const PATIENCE = 60_000;

/** GET / of the uwsgi protocol. */
function packet() {
  const text = (value) => Buffer.concat([Buffer.from([value.length, 0]), Buffer.from(value)]);
  const vars = { REQUEST_METHOD: 'GET', PATH_INFO: '/', QUERY_STRING: '', SERVER_PROTOCOL: 'HTTP/1.1' };
  const block = Buffer.concat(Object.entries(vars).flat().map(text));
  return Buffer.concat([Buffer.from([0, block.length, 0, 0]), block]);
}

async function answer(socket) {
  const peer = connect(socket);
  peer.end(packet());
  let read = '';
  for await (const chunk of peer) read += chunk;
  if (!/^HTTP\/1\.1 200 /.test(read)) throw new Error(`unexpected answer: ${read}`);
}

function start(scratch) {
  const environment = Object.entries(process.env).filter(([name]) => !/^(NODE|UWSGI)_/.test(name));
  const args = ['--socket', join(scratch, 'socket'), '--wsgi-file', join(here, 'application.js'), '--master'];
  return spawn(process.execPath, ['--require', join(here, 'recorder.cjs'), join(dist, 'cli.cjs'), ...args], {
    env: {
      ...Object.fromEntries(environment),
      RECORD_DIST: dist,
      RECORD_TO: folder,
      RECORD_NOW: join(scratch, 'now'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function record(scratch) {
  const server = start(scratch);
  const ended = once(server, 'exit').then(([code, signal]) => {
    throw new Error(`the server ended with ${code ?? signal}:\n${log.join('\n')}`);
  });
  ended.catch(() => {});
  const log = [];
  try {
    const ready = new Promise((resolve) => {
      for (const stream of [server.stdout, server.stderr]) {
        createInterface(stream).on('line', (line) => {
          log.push(line);
          if (line.includes('uwsgi-node is ready')) resolve();
        });
      }
    });
    await Promise.race([ready, ended]);
    await answer(join(scratch, 'socket'));
    writeFileSync(join(scratch, 'now'), '');
    while (!programs.every(existsSync)) await Promise.race([delay(10), ended]);
  } finally {
    server.kill();
    await ended.catch(() => {});
  }
}

rmSync(cache, { recursive: true, force: true });
const scratch = mkdtempSync(join(tmpdir(), 'uwsgi-node-record-'));
setTimeout(() => {
  throw new Error('the code cache was not recorded in time');
}, PATIENCE).unref();
try {
  await record(scratch);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
