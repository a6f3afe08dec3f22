import { expect, it } from 'vitest';
import { parseDaemon, parseSmartDaemon } from '../../../src/config/daemon-spec.js';
import { daemonSetting } from '../../../src/config/default-settings.js';

it('reads a pid file and a command', () => {
  expect(parseSmartDaemon('/run/x.pid redis-server --port 1')).toEqual({
    ...daemonSetting,
    pidfile: '/run/x.pid',
    command: 'redis-server --port 1',
  });
  expect(parseSmartDaemon('/run/x.pid,30 redis-server')).toMatchObject({ pidfile: '/run/x.pid', freq: 30 });
  for (const text of ['', '/run/x.pid', '/run/x.pid  ', '/run/x.pid,soon redis-server']) {
    expect(parseSmartDaemon(text)).toBeNull();
  }
});

it('reads every key of attach-daemon2, under each of its names', () => {
  const text =
    'cmd=sh -c "a, b",pidfile=/run/x.pid,freq=3,control=1,daemonize=true,stopsignal=3,reload_signal=USR1,notifypid=1,' +
    'touch=/a;/b,uid=www-data,gid=33,chdir=/srv,stdin=1,max_throttle=5';
  expect(parseDaemon(text)).toEqual({
    problem: '',
    ignored: [],
    setting: {
      command: 'sh -c "a, b"',
      pidfile: '/run/x.pid',
      freq: 3,
      isControl: true,
      isDaemonized: true,
      stopSignal: 3,
      reloadSignal: 10,
      isNotified: true,
      touch: ['/a', '/b'],
      uid: 'www-data',
      gid: '33',
      chdir: '/srv',
      honourStdin: true,
      maxThrottle: 5,
    },
  });
  expect(parseDaemon('exec="printf a,b",stop_signal=SIGINT').setting).toMatchObject({
    command: 'printf a,b',
    stopSignal: 2,
  });
  expect(parseDaemon('command=printf a\\,b').setting?.command).toBe('printf a,b');
});

it.each([
  ['pidfile=/run/x.pid', 'it names no program'],
  ['cmd=x,daemonize=1', 'daemonize needs a pidfile'],
  ['cmd=x,freq=soon', '"freq=soon" cannot be read'],
  ['cmd=x,stopsignal=99', '"stopsignal=99" cannot be read'],
  ['cmd=x,nice=3', '"nice=3" is none of its settings'],
  ['redis-server', '"redis-server" is none of its settings'],
])('refuses %s', (text, problem) => {
  expect(parseDaemon(text)).toMatchObject({ setting: null, problem });
});

it('says which keys do nothing', () => {
  expect(parseDaemon('cmd=x,ns_pid=1').ignored).toEqual(['ns_pid']);
  expect(parseDaemon('cmd=x,pidfile=/p,stopsignal=3').ignored).toEqual(['stopsignal']);
  expect(parseDaemon('cmd=x,pidfile=/p,stopsignal=3,notifypid=1').ignored).toEqual([]);
  expect(parseDaemon('cmd=x,stopsignal=3').ignored).toEqual([]);
});
