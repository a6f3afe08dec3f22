import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../src/config/default-settings.js';
import { startHttpFront } from '../../../src/http/front.js';
import { findUws } from '../../../src/http/uws.js';
import { native } from '../../../src/native.js';
import { cleanUp, makeDirectory, onCleanUp } from '../../support/clean-up.js';
import { ok } from './serve.js';

afterEach(cleanUp);

describe('startHttpFront', () => {
  async function start(threads: number, enableProxyProtocol = false) {
    const { fd, name, family } = native.bindListener('127.0.0.1:0', { backlog: 8, mode: null });
    const front = await startHttpFront({
      listeners: [{ fd, name, family, protocol: 'http' }],
      settings: { ...defaultSettings(), enableProxyProtocol },
      threads,
      onRequest: (_environ, sink) => sink.respond(ok, 'hello'),
    });
    onCleanUp(() => native.closeFd(fd));
    onCleanUp(() => front.drain());
    return front;
  }

  it('takes uWebSockets.js in a process of one thread', async () => {
    expect(await start(1)).toMatchObject({ engine: 'uWebSockets.js', reason: null });
  });

  it('takes node:http where there are more threads, and says why', async () => {
    expect(await start(2)).toMatchObject({ engine: 'node:http', reason: 'threads is more than 1' });
  });

  it('takes node:http where a PROXY line is to be read', async () => {
    const reason = 'enable-proxy-protocol, which uWebSockets.js does not read';
    expect(await start(1, true)).toMatchObject({ engine: 'node:http', reason });
  });

  it('leaves the listener to the process', async () => {
    for (const engine of ['uWebSockets.js', 'node:http'] as const) {
      const { fd, name, family } = native.bindListener('127.0.0.1:0', { backlog: 8, mode: null });
      onCleanUp(() => native.closeFd(fd));
      for (let round = 0; round < 3; round += 1) {
        const front = await startHttpFront({
          engine,
          listeners: [{ fd, name, family, protocol: 'http' }],
          settings: defaultSettings(),
          threads: 1,
          onRequest: (_environ, sink) => sink.respond(ok, 'hello'),
        });
        const answer = await fetch(`http://${name}/`, { headers: { Connection: 'close' } });
        expect(await answer.text()).toBe('hello');
        await front.drain();
      }
    }
  });

  it.each(['uWebSockets.js', 'node:http'] as const)(
    'loses no connection when another takes over: %s',
    async (engine) => {
      const { fd, name, family } = native.bindListener('127.0.0.1:0', { backlog: 128, mode: null });
      onCleanUp(() => native.closeFd(fd));
      const startOne = () =>
        startHttpFront({
          engine,
          listeners: [{ fd, name, family, protocol: 'http' }],
          settings: defaultSettings(),
          threads: 1,
          onRequest: (_environ, sink) => setImmediate(() => sink.respond(ok, 'hello')),
        });
      let over = false;
      let answered = 0;
      const load = Array.from({ length: 8 }, async () => {
        while (!over) {
          const answer = await fetch(`http://${name}/`, { headers: { Connection: 'close' } });
          expect(await answer.text()).toBe('hello');
          answered += 1;
        }
      });
      let front = await startOne();
      for (let handover = 1; handover <= 10; handover += 1) {
        while (answered < handover * 30) await new Promise(setImmediate);
        const next = await startOne();
        await front.drain();
        front = next;
      }
      over = true;
      await Promise.all(load);
      await front.drain();
      expect(answered).toBeGreaterThanOrEqual(300);
    },
  );

  it('serves several listeners', async () => {
    for (const engine of ['uWebSockets.js', 'node:http'] as const) {
      const listeners = [1, 2].map(() => {
        const bound = native.bindListener('127.0.0.1:0', { backlog: 8, mode: null });
        onCleanUp(() => native.closeFd(bound.fd));
        return { ...bound, protocol: 'http' as const };
      });
      const front = await startHttpFront({
        engine,
        listeners,
        settings: defaultSettings(),
        threads: 1,
        onRequest: (environ, sink) => setTimeout(() => sink.respond(ok, environ.SERVER_PORT), 200),
      });
      const answers = listeners.map(({ name }) => fetch(`http://${name}/`));
      await (await fetch(`http://${listeners[0]!.name}/`)).text();
      await front.drain();
      for (const [i, { name }] of listeners.entries()) {
        expect(await (await answers[i]!).text()).toBe(name.split(':')[1]);
      }
    }
  });
});

describe('findUws', () => {
  async function folder(packages: Record<string, string>): Promise<string> {
    const path = await makeDirectory();
    for (const [name, source] of Object.entries(packages)) {
      const directory = join(path, 'node_modules', name);
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, 'index.js'), source);
    }
    return `${path}/`;
  }
  const working = (mark: string) => `exports.App = () => '${mark}';`;

  it('prefers the name of the official package, and the first place', async () => {
    const first = await folder({ 'uWebSockets.js': working('official'), uwebsockets: working('mirror') });
    const second = await folder({ 'uWebSockets.js': working('second') });
    const found = findUws(65_536, [first, second]);
    expect('uws' in found && found.uws.App()).toBe('official');
    const other = findUws(65_536, [await folder({ uwebsockets: working('mirror') }), second]);
    expect('uws' in other && other.uws.App()).toBe('mirror');
  });

  it('goes on to the next when one does not load', async () => {
    const broken = await folder({ 'uWebSockets.js': 'throw new Error("wrong Node");' });
    const found = findUws(65_536, [broken, await folder({ uwebsockets: working('mirror') })]);
    expect('uws' in found && found.uws.App()).toBe('mirror');
  });

  it.each([
    ['nothing', {}, 'neither uWebSockets.js nor uwebsockets is installed beside the application'],
    ['a broken one', { uwebsockets: 'throw new Error("wrong Node\\nmore");' }, 'does not load: wrong Node'],
    ['a placeholder', { 'uWebSockets.js': 'exports.gone = true;' }, 'has no App'],
  ])('says what it found: %s', async (_, packages, message) => {
    const found = findUws(65_536, [await folder(packages)]);
    expect('missing' in found && found.missing.message).toContain(message);
    expect('missing' in found && found.missing.code).toBe('UWSGI_UWS_MISSING');
  });
});
