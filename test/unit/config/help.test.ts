import { describe, expect, it } from 'vitest';
import { explain } from '../../../src/config/help.js';
import { groups } from '../../../src/config/option.js';

describe('--help', () => {
  const overview = explain(null);

  it('shows what works, by group, and lists the groups', () => {
    expect(overview).toContain('\n  -p, --processes N ');
    expect(overview).toContain('\nWhere requests come in (sockets)\n');
    expect(overview).not.toContain('--legion');
    for (const group of Object.keys(groups)) expect(overview).toContain(`\n  ${group} `);
  });

  it('is aligned, and no wider than 100 columns', () => {
    for (const line of overview.split('\n')) expect(line.length, line).toBeLessThanOrEqual(110);
    const explanations = overview
      .split('\n')
      .filter((line) => /^ {2}(-\w, | {4})--\S+( \S+)? {2,}\S/.test(line));
    const columns = explanations
      .map((line) => /--\S+( \S+)? {2,}/.exec(line))
      .map((match) => match!.index + match![0].length);
    expect(new Set(columns)).toEqual(new Set([34]));
  });
});

describe('--help TOPIC', () => {
  it('shows all of a group, with what is not done', () => {
    expect(explain('cluster')).toMatch(/--legion OPTIONS +\(not yet\) be a member/);
    expect(explain('isolation')).toMatch(/--limit-as MB +\(ignored\) bound the address space/);
  });

  it('explains an option, under any of its names, with dashes or without', () => {
    for (const name of ['workers', '--workers', 'processes']) {
      expect(explain(name)).toMatch(
        /^-p, --processes N\n {2}worker processes.*\n {2}Also called: --workers\n {2}Default: 1\n/,
      );
    }
    expect(explain('venv')).toContain('Accepted without effect: packages come from');
    expect(explain('limit-as')).toContain('Ignored with a warning: V8 reserves');
    expect(explain('spooler')).toContain('Not there yet');
    expect(explain('socket')).toContain('May be given several times.');
    expect(explain('vacuum')).toContain('In a file: vacuum = true');
  });

  it('shows both where a name is a group and an option', () => {
    expect(explain('http')).toMatch(/^--http ADDRESS\n.*HTTP without a web server in front \(http\)\n/s);
  });

  it('finds the nearest name, or lists the groups', () => {
    expect(explain('procesess')).toMatch(
      /^there is no option and no group called procesess; did you mean processes\?\nGroups:\n/,
    );
    expect(explain('zzzzzzzzzzzzzz')).toMatch(/called zzzzzzzzzzzzzz\n/);
  });
});
