/** What a program sees of the package: its exports and their types, from CommonJS and from ES modules. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cleanUp, makeDirectory } from '../support/clean-up.js';

vi.setConfig({ testTimeout: 60_000 });

const root = fileURLToPath(new URL('../..', import.meta.url));
let project: string;

const esm = `
import express from 'express';
import {
  type Application, createServer, type Environ, fetchHandler, nodeHandler, type Server, type StartResponse,
} from 'uwsgi-node';
import { validator, type Violation } from 'uwsgi-node/validator';

const hello: Application = (environ: Environ, startResponse: StartResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [environ.PATH_INFO];
};
const app: Application = nodeHandler(express());
const web: Application = fetchHandler((request) => new Response(request.url));
const mounted: Application = (environ, startResponse) =>
  environ.PATH_INFO.startsWith('/web') ? web(environ, startResponse) : app(environ, startResponse);
const watched = validator(hello, { report: ({ side, message }: Violation) => console.log(side, message) });
export const server: Server = await createServer(watched, { postBuffering: 1024 }).listen({ socket: 'x.sock' });
server.unref().address();
await server.close();
// @ts-expect-error a request listener is no application
createServer(express());
console.log(typeof mounted);
`;

const commonJs = `
import type { Application } from 'uwsgi-node' with { 'resolution-mode': 'import' };
const application: Application = async (environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  for await (const chunk of environ['wsgi.input']) chunk.toString('latin1');
  return 'hello';
};
async function main(): Promise<void> {
  const { createServer } = await import('uwsgi-node');
  const server = await createServer(application).listen({ port: 0, protocol: 'http' });
  console.log(typeof server.address());
  await server.close();
}
main();
export = application;
`;

const configuration = (files: string[]) => ({
  compilerOptions: {
    module: 'nodenext',
    target: 'es2022',
    strict: true,
    exactOptionalPropertyTypes: true,
    types: ['node'],
    outDir: 'out',
  },
  files,
});

beforeAll(async () => {
  project = await makeDirectory();
  mkdirSync(join(project, 'node_modules/@types'), { recursive: true });
  symlinkSync(root, join(project, 'node_modules/uwsgi-node'));
  for (const name of ['express', '@types/node']) {
    symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name));
  }
  writeFileSync(
    join(project, 'express.d.ts'),
    `declare module 'express' {
    import type { RequestListener } from 'node:http';
    export default function express(): RequestListener;
  }`,
  );
  writeFileSync(join(project, 'package.json'), '{ "private": true }');
  writeFileSync(join(project, 'main.mts'), esm);
  writeFileSync(join(project, 'main.cts'), commonJs);
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify(configuration(['express.d.ts', 'main.mts', 'main.cts'])),
  );
});
afterAll(cleanUp);

const run = (command: string, ...args: string[]) =>
  spawnSync(command, args, { cwd: project, encoding: 'utf8', timeout: 30_000 });

describe('the types', () => {
  it('compile in a project of both module systems, and what they compile to runs', () => {
    const compiled = run(process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', project);
    expect(compiled.stdout + compiled.stderr).toBe('');
    expect(compiled.status).toBe(0);
    expect(run(process.execPath, 'out/main.mjs')).toMatchObject({
      status: 0,
      stdout: 'function\n',
      stderr: '',
    });
    expect(run(process.execPath, 'out/main.cjs')).toMatchObject({
      status: 0,
      stdout: 'object\n',
      stderr: '',
    });
  });
});

describe('the exports', () => {
  it('are found by the path of the package, too', () => {
    const code = `import(${JSON.stringify(join(root, 'dist/index.js'))}).then((all) => console.log(Object.keys(all).sort().join()))`;
    expect(run(process.execPath, '-e', code).stdout).toBe(
      'UwsgiNodeError,createServer,exposeRegistry,fetchHandler,nodeHandler\n',
    );
  });

  it('name the main file in package.json as it is', () => {
    const code = "console.log(require.resolve('uwsgi-node').endsWith('dist/index.js'))";
    expect(run(process.execPath, '-e', code).stdout).toBe('true\n');
  });
});
