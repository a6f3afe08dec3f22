import { describe, expect, it } from 'vitest';
import { dropPrivileges, type Identity, resolveTarget } from '../../../src/master/privileges.js';

function identity(uid: number, calls: string[] = []): Identity {
  return {
    getuid: () => uid,
    getgid: () => uid,
    setgid: (id) => calls.push(`setgid ${id}`),
    setgroups: (ids) => calls.push(`setgroups ${ids}`),
    initgroups: (user, group) => calls.push(`initgroups ${user} ${group}`),
    setuid: (id) => calls.push(`setuid ${id}`),
    getgroups: () => [7],
  };
}

function drop(uid: string | null, gid: string | null, runningAs = 0) {
  const calls: string[] = [];
  const self = identity(runningAs, calls);
  const wanted = { uid, gid };
  const lines = dropPrivileges(wanted, resolveTarget(wanted, self), self);
  return { calls, lines };
}

describe('dropPrivileges, as root', () => {
  it('gives up the group, the groups and the user, in this order', () => {
    expect(drop('33', '44')).toEqual({
      calls: ['setgid 44', 'initgroups 33 44', 'setuid 33'],
      lines: ['setgid() to 44', 'setuid() to 33'],
    });
  });

  it("takes the user's own group when none is named", () => {
    expect(drop('root', null).calls).toEqual(['setgid 0', 'initgroups 0 0', 'setuid 0']);
  });

  it('refuses a number whose group nobody knows', () => {
    expect(() => drop('4242', null)).toThrow(expect.objectContaining({ code: 'UWSGI_GROUP_NEEDED' }));
  });

  it('takes on more groups, and leaves out those of the user, when it is told to', () => {
    const calls: string[] = [];
    const self = identity(0, calls);
    const wanted = { uid: '33', gid: '44', addGid: ['root', '55'], noInitgroups: true };
    const lines = dropPrivileges(wanted, resolveTarget(wanted, self), self);
    expect(calls).toEqual(['setgid 44', 'setgroups ', 'setgroups 7,0,55', 'setuid 33']);
    expect(lines).toContain('setgroups() with 0 55');
  });

  it('empties the groups when only the group changes, and warns of root', () => {
    const { calls, lines } = drop(null, '33');
    expect(calls).toEqual(['setgid 33', 'setgroups ']);
    expect(lines.at(-1)).toMatch(/^\*\*\* WARNING: you are running uwsgi-node as root/);
  });

  it('warns of root when nothing is named', () => {
    expect(drop(null, null)).toEqual({ calls: [], lines: [expect.stringContaining('as root')] });
  });

  it('does not go on as root when the system refuses', () => {
    const self = identity(0);
    self.setuid = () => {
      throw Object.assign(new Error('EAGAIN, setuid'), { code: 'EAGAIN' });
    };
    const target = { uid: 33, gid: 33 };
    expect(() => dropPrivileges({ uid: '33', gid: '33' }, target, self)).toThrow(
      'setuid() to 33: EAGAIN, setuid; the server does not go on as root',
    );
  });
});

describe('dropPrivileges, as somebody else', () => {
  it('changes nothing and warns of what it cannot do', () => {
    const { calls, lines } = drop('33', '44', 1000);
    expect(calls).toEqual([]);
    expect(lines).toEqual([
      '*** WARNING: uid = 33 has no effect: only root can change it ***',
      '*** WARNING: gid = 44 has no effect: only root can change it ***',
    ]);
  });

  it('is silent when it is that user already', () => {
    expect(drop('1000', '1000', 1000)).toEqual({ calls: [], lines: [] });
  });
});
