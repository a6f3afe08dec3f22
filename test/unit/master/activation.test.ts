import { expect, it } from 'vitest';
import { adoptPassed } from '../../../src/master/activation.js';

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
