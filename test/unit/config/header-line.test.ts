import { afterAll, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

const space = new Workspace();
afterAll(() => space.remove());

const codes = (...argv: string[]) => space.codes(['--http-socket', ':0', '--need-app=false', ...argv]);

it.each([
  ['X-Frame-Options: DENY', ['X-Frame-Options', 'DENY']],
  ['X-A:b', ['X-A', 'b']],
  ['X-A:\t b: c ', ['X-A', 'b: c']],
  ['X-Empty:', ['X-Empty', '']],
  ['X-Home: $(WHO)', ['X-Home', 'me']],
])('add-header = %s', (line, header) => {
  expect(space.run(['--add-header', line], { WHO: 'me' }).settings.addHeader).toEqual([header]);
});

it.each(['no colon', 'X Y: z', ': z', 'X-A: b\r\nX-C: d', 'X-A: b\0'])('is no header: %j', (line) => {
  expect(codes('--add-header', line)).toEqual(['INVALID_HEADER']);
});

it('adds no more than there is room for', () => {
  const large = `X-A: ${'a'.repeat(40_000)}`;
  expect(space.run(['--add-header', large, '--add-header', 'X-B: c']).settings.addHeader).toHaveLength(2);
  expect(codes('--add-header', large, '--add-header', large)).toEqual(['HEADERS_TOO_LARGE']);
});

it('leaves the connection to the server', () => {
  const { settings, warnings } = space.run(['--add-header', 'connection: Keep-Alive']);
  expect(settings.addHeader).toEqual([]);
  expect(warnings.join()).toContain('connection is not added');
});

it('takes names out under both names of the option, one by one', () => {
  expect(space.run(['--rem-header', 'Server', '--del-header', 'x-a']).settings.remHeader).toEqual([
    'Server',
    'x-a',
  ]);
  expect(codes('--rem-header', 'Server: x')).toEqual(['INVALID_HEADER']);
});
