/** Programs that run from code which V8 compiled at build time (docs/decisions/0007), with a build and real processes. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { Module } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { cleanUp, makeDirectory } from '../support/clean-up.js';
import { Instance } from '../support/instance.js';
import { startServer } from '../support/server.js';

vi.setConfig({ testTimeout: 30_000 });

const root = join(import.meta.dirname, '../..');
const programs = ['cli.cjs', 'thread.cjs', 'worker.cjs'];

/** Notes which programs were compiled how. */
const probe = `
const { appendFileSync } = require('node:fs');
const vm = require('node:vm');
const { basename } = require('node:path');
vm.Script = class extends vm.Script {
  constructor(text, options) {
    super(text, options);
    const how = this.cachedDataRejected === false ? 'cached' : 'compiled';
    appendFileSync(__dirname + '/seen', how + ' ' + basename(options.filename) + '\\n');
  }
};
`;

let home: string;
let instance: Instance;
const program = (name: string) => join(home, 'dist/programs', name);
const cache = (name: string) =>
  join(home, 'dist/code-cache', `${process.versions.v8}-${process.arch}/programs/${name}.cache`);

/** Starts and answers once; returns the programs that came from the cache, and what was printed. */
async function start(): Promise<{ cached: string[]; text: string }> {
  writeFileSync(join(home, 'seen'), '');
  const command: [string, ...string[]] = [
    process.execPath,
    '--require',
    join(home, 'probe.cjs'),
    join(home, 'dist/cli.cjs'),
  ];
  const args = instance.args('--wsgi-file', join(root, 'test/apps/behaviours.js'));
  const server = await startServer({ args, command });
  expect((await instance.get('/')).status).toBe(200);
  await server.stop();
  const seen = readFileSync(join(home, 'seen'), 'utf8').split('\n');
  const cached = programs.filter((name) => seen.includes(`cached ${name}`));
  return { cached, text: server.lines.text };
}

beforeAll(async () => {
  home = await makeDirectory();
  cpSync(join(root, 'dist'), join(home, 'dist'), { recursive: true });
  cpSync(join(root, 'code-cache'), join(home, 'code-cache'), { recursive: true });
  cpSync(join(root, 'package.json'), join(home, 'package.json'));
  mkdirSync(join(home, 'build'));
  for (const name of ['build/Release', 'node_modules']) symlinkSync(join(root, name), join(home, name));
  writeFileSync(join(home, 'probe.cjs'), probe);
  execFileSync(process.execPath, [join(home, 'code-cache/record.js')], { stdio: 'pipe', timeout: 30_000 });
  instance = await Instance.make();
}, 60_000);
afterAll(cleanUp);

it('are recorded by the build, with what they load for their first answer, and nothing is left over', () => {
  const recorded = readdirSync(join(home, 'dist/code-cache'), { recursive: true, encoding: 'utf8' });
  const names = recorded.filter((path) => !path.endsWith('/chunks') && !path.endsWith('/programs'));
  expect(names).toEqual(expect.arrayContaining([expect.stringMatching(/\/chunks\/cli-run-.*\.cache$/)]));
  expect(names.filter((path) => path.endsWith('.part'))).toEqual([]);
  for (const name of programs) {
    const text = Module.wrap(readFileSync(program(name), 'latin1'));
    const recorded = readFileSync(cache(name), 'latin1');
    expect(recorded.startsWith(text)).toBe(true);
    expect(recorded.length).toBeGreaterThan(text.length + 1000);
  }
});

it('run from it, all three', async () => {
  expect((await start()).cached).toEqual(programs);
});

it('run from their text where it has been edited, or where the code is not complete', async () => {
  const text = readFileSync(program('cli.cjs'), 'utf8');
  // As long as before.
  writeFileSync(program('cli.cjs'), text.replace('Starting uwsgi-node', 'STARTING uwsgi-node'));
  truncateSync(cache('worker.cjs'), readFileSync(cache('worker.cjs')).length - 100);
  writeFileSync(cache('thread.cjs'), '');
  const { cached, text: printed } = await start();
  expect(cached).toEqual([]);
  expect(printed).toMatch(/^\*\*\* STARTING uwsgi-node/);
  expect(printed).not.toMatch(/cache/i);
});
