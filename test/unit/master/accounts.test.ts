import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccountFiles, findGroup, findUser } from '../../../src/master/accounts.js';
import { cleanUp, makeDirectory } from '../../support/clean-up.js';

let files: AccountFiles;
beforeAll(async () => {
  const folder = await makeDirectory();
  files = { passwd: join(folder, 'passwd'), group: join(folder, 'group') };
  writeFileSync(
    files.passwd,
    'root:x:0:0::/root:/bin/sh\ndemo:x:1000:100::/home/demo:/bin/sh\n7:x:1007:107::/:/bin/sh\n',
  );
  writeFileSync(files.group, 'root:x:0:\nwww-data:x:33:demo\n');
});
afterAll(cleanUp);

describe('accounts', () => {
  it('finds a user and its own group by name and by number', () => {
    expect(findUser('uid', 'demo', files)).toEqual({ uid: 1000, gid: 100 });
    expect(findUser('uid', '1000', files)).toEqual({ uid: 1000, gid: 100 });
  });

  it('takes a number that nobody has, without a group', () => {
    expect(findUser('uid', '4242', files)).toEqual({ uid: 4242, gid: null });
  });

  it('takes a name made of digits for a name', () => {
    expect(findUser('uid', '7', files)).toEqual({ uid: 1007, gid: 107 });
  });

  it('finds groups', () => {
    expect(findGroup('gid', 'www-data', files)).toBe(33);
    expect(findGroup('gid', '34', files)).toBe(34);
  });

  it('names the option, the name and the file when there is nobody', () => {
    expect(() => findUser('chown-socket', 'nobdy', files)).toThrow(
      `chown-socket = nobdy: there is no such user in ${files.passwd}`,
    );
    expect(() => findGroup('gid', 'x', files)).toThrow(
      expect.objectContaining({ code: 'UWSGI_UNKNOWN_GROUP' }),
    );
  });

  it('knows nobody by name where there are no files', () => {
    const none = { passwd: '/nonexistent', group: '/nonexistent' };
    expect(findUser('uid', '33', none)).toEqual({ uid: 33, gid: null });
    expect(() => findUser('uid', 'root', none)).toThrow('no such user');
  });
});
