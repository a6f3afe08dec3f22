import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { MediaTypes } from '../../../src/static/media-types.js';
import { cleanUp, makeDirectory } from '../../support/clean-up.js';

afterAll(cleanUp);

it('are read from tables in the place of the built-in one, the last of them wins', async () => {
  const folder = await makeDirectory();
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];
  writeFileSync(
    first,
    '# text/no no\ntext/x-one\tone uno # the first\ntext/x-two two\nno-type three\nbad\r: x four\n',
  );
  writeFileSync(second, 'text/x-zwei two');
  const types = MediaTypes.read([first, second, join(folder, 'missing')]);
  const of = ['/a.one', '/a.UNO', '/a.b.two', '/a.no', '/a.three', '/a.four', '/one', '/a.one/b', '/a.css'];
  expect(of.map((path) => types.of(path))).toEqual([
    'text/x-one',
    'text/x-one',
    'text/x-zwei',
    ...[null, null, null, null, null, null],
  ]);
});

it('are there where the system has no table', () => {
  expect(MediaTypes.read([]).of('/app.css')).toBe('text/css');
});
