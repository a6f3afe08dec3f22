import { afterAll, expect, it } from 'vitest';
import { parseCron, parseKeyedCron } from '../../../src/config/cron-spec.js';
import { Workspace } from './workspace.js';

const space = new Workspace();
afterAll(() => space.remove());

const any = { minute: -1, hour: -1, day: -1, month: -1, week: -1, isUnique: false, harakiri: null };

it('reads five fields and a command', () => {
  expect(parseCron('59 2 -1\t-1  7 tar c "a  b" > x', true).setting).toEqual({
    ...any,
    minute: 59,
    hour: 2,
    week: 7,
    command: 'tar c "a  b" > x',
    isUnique: true,
  });
  expect(parseCron('-60 -24 -31 -12 -7 x', false).setting).toMatchObject({ minute: -60, week: -7 });
});

it.each([
  '-1 -1 -1 -1 -1',
  '-1 -1 -1 -1 backup',
  '* -1 -1 -1 -1 x',
  '*/5 -1 -1 -1 -1 x',
  '10-20 -1 -1 -1 -1 x',
  '0,30 -1 -1 -1 -1 x',
  '60 -1 -1 -1 -1 x',
  '-61 -1 -1 -1 -1 x',
  '-1 24 -1 -1 -1 x',
  '-1 -1 0 -1 -1 x',
  '-1 -1 -1 13 -1 x',
  '-1 -1 -1 -1 8 x',
])('%s is no line of cron', (text) => {
  const { setting, problem } = parseCron(text, false);
  expect(setting).toBeNull();
  expect(problem).not.toBe('');
});

it('reads the keys of cron2, and takes a line without any for a command of every minute', () => {
  expect(
    parseKeyedCron('minute=5,hour=-2,day=1,month=12,week=0,unique=1,harakiri=30 backup -v').setting,
  ).toEqual({
    minute: 5,
    hour: -2,
    day: 1,
    month: 12,
    week: 0,
    isUnique: true,
    harakiri: 30,
    command: 'backup -v',
  });
  expect(parseKeyedCron('backup -v').setting).toEqual({ ...any, command: 'backup -v' });
  expect(parseKeyedCron('minute=5,legion=a x')).toEqual({ setting: null, problem: '', isForLegion: true });
});

it.each([
  '',
  'minute=5',
  'minute=5, hour=2 x',
  'minute = 5 x',
  '-1 -1 -1 -1 -1 x',
  'minute=x x',
  'second=5 x',
  'harakiri=soon x',
  'PATH=/bin x',
])('%j is no line of cron2', (text) => {
  expect(parseKeyedCron(text)).toMatchObject({ setting: null, isForLegion: false });
  expect(parseKeyedCron(text).problem).not.toBe('');
});

it('tells where a mistake is, and what would be right', () => {
  space.file(
    'app.ini',
    '[uwsgi]',
    'unique-cron = 0 0 31 2 x y',
    'cron2 = minute=*/5 x',
    'cron2 = legion=a x',
  );
  const [first, second] = space.mistakes(['--ini', 'app.ini']);
  expect(first).toBe(
    'app.ini:2: unique-cron = 0 0 31 2 x y: "x" is no day of the week, which goes from 0 to 7; write MIN HOUR DAY MONTH ' +
      'WDAY COMMAND, each a number, -1 for any or -N for every N, and a line for each of several times',
  );
  expect(second).toMatch(
    /^app\.ini:3: cron2 = minute=\*\/5 x: "\*\/5" is no minute, .* with minute, hour, day, /,
  );
  space.file('good.ini', '[uwsgi]', 'cron = 0 3 -1 -1 -1 x', 'cron-harakiri = 60', 'cron2 = legion=a x');
  const { settings, warnings } = space.run(['--ini', 'good.ini']);
  expect(settings).toMatchObject({ master: true, crons: [{ hour: 3, command: 'x' }], cronHarakiri: 60 });
  expect(warnings.join()).toContain('there are no legions here');
});
