import { describe, expect, it } from 'vitest';
import { adoptPassed, isBoundTo } from '../../../src/master/activation.js';

describe('isBoundTo', () => {
  const unix = (name: string) => ({ name, family: 'unix' as const });
  const inet = (name: string) => ({ name, family: 'inet' as const });

  it.each([
    [unix('/run/app.sock'), '/run/app.sock', true],
    [unix(`${process.cwd()}/app.sock`), 'app.sock', true],
    [unix('/run/app.sock'), '/proc/self/root/run/app.sock', true],
    [unix('/run/app.sock'), '/run/other.sock', false],
    [unix('/no/such/folder.sock'), '/no/such/folder.sock', true],
    [unix('@app'), '@app', true],
    [unix('@app'), 'app', false],
    [inet('127.0.0.1:80'), '127.0.0.1:80', true],
    [inet('127.0.0.1:80'), '127.0.0.1:81', false],
    [inet('127.0.0.1:80'), ':80', false],
    [inet('0.0.0.0:80'), ':80', true],
    [inet('[::]:80'), '*:80', true],
    [inet('[::1]:80'), '[::1]:80', true],
    [inet('127.0.0.1:80'), '/run/app.sock', false],
  ])('%o is %s: %s', (listener, address, expected) => {
    expect(isBoundTo(listener, address)).toBe(expected);
  });
});

it('adoptPassed takes listening sockets, and leaves the rest alone with a warning', () => {
  const native = {
    bindListener: (address: string) => {
      if (address === 'fd://4') throw new Error('listen: Operation not supported');
      return { fd: 3, name: '/run/app.sock', family: 'unix' as const };
    },
    closeFd: () => {},
  };
  const sockets = [
    { fd: 3, name: 'a' },
    { fd: 4, name: 'b' },
  ];
  const { listeners, warnings } = adoptPassed(sockets, 10, native);
  expect(listeners).toEqual([
    {
      fd: 3,
      address: 'fd://3',
      name: '/run/app.sock',
      protocol: 'uwsgi',
      family: 'unix',
      file: null,
      assigned: false,
      passed: true,
    },
  ]);
  expect(warnings).toEqual([
    '*** WARNING: descriptor 4, which systemd has passed, is no socket to listen on: listen: Operation not supported ***',
  ]);
});
