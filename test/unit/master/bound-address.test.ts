import { describe, expect, it } from 'vitest';
import { isBoundTo } from '../../../src/master/bound-address.js';

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
