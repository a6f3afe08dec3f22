import { afterAll, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

const space = new Workspace();
afterAll(() => space.remove());

it.each([
  [['--inspect'], '127.0.0.1', 9229],
  [['--inspect=true'], '127.0.0.1', 9229],
  [['--inspect=9300'], '127.0.0.1', 9300],
  [['--inspect=:0'], '127.0.0.1', 0],
  [['--inspect=0.0.0.0:9300'], '0.0.0.0', 9300],
  [['--inspect=[::1]:9300'], '::1', 9300],
])('%j is %s, %i', (argv, host, port) => {
  expect(space.run(argv).settings.inspect).toMatchObject({ host, port });
});

it('is off, or refused', () => {
  expect(space.run(['--inspect', '--inspect=false']).settings.inspect).toBeNull();
  expect(space.codes(['--inspect=x'])).toEqual(['INVALID_INSPECT']);
  expect(space.codes(['--inspect=65536'])).toEqual(['INVALID_INSPECT']);
  expect(space.codes(['--inspect', '--inspect-worker', '2'])).toEqual(['INSPECT_WORKER_OUTSIDE']);
  expect(space.run(['--inspect', '--inspect-worker', '2', '--processes', '2']).settings.inspectWorker).toBe(
    2,
  );
});

it('a tracebacker is a unix socket', () => {
  expect(space.run(['--py-tracebacker', '@tb']).settings.tracebacker?.address).toBe('@tb');
  expect(space.codes(['--tracebacker', '127.0.0.1:99'])).toEqual(['INVALID_ADDRESS']);
});
