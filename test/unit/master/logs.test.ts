import { readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { defaultSettings } from '../../../src/config/default-settings.js';
import { Logs } from '../../../src/master/logs.js';
import { native } from '../../../src/native.js';
import { cleanUp, makeDirectory, onCleanUp } from '../../support/clean-up.js';

afterEach(cleanUp);

it('goes back to the loggers when the program has not come that was to take over', async () => {
  const path = join(await makeDirectory(), 'log');
  const target = { kind: 'file', path, maxSize: 0, backup: null } as const;
  const settings = { ...defaultSettings(), loggers: [{ name: null, target }] };
  const redirects: [number, number][] = [];
  const logs = new Logs(settings, {
    makePipe: () => native.makePipe(),
    duplicateFd: (fd) => native.duplicateFd(fd),
    connectDatagram: (address) => native.connectDatagram(address),
    // Those of the tests stay as they are.
    redirectFd: (fd, onto) => redirects.push([fd, onto]),
  });
  logs.begin();
  onCleanUp(() => logs.end());
  const [[pipe]] = redirects as [[number, number]];
  writeSync(pipe, 'before\n');
  logs.leave();
  expect(readFileSync(path, 'utf8')).toBe('before\n');
  logs.stay();
  const onto = (fd: number | null) => [1, 2].map((each) => [fd, each]);
  expect(redirects).toEqual([...onto(pipe), ...onto(logs.original), ...onto(pipe)]);
  writeSync(pipe, 'after\n');
  await expect.poll(() => readFileSync(path, 'utf8')).toBe('before\nafter\n');
});
