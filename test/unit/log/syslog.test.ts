import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openDestination } from '../../../src/log/destination.js';
import { native } from '../../../src/native.js';
import { cleanUp, makeDirectory } from '../../support/clean-up.js';
import { receiveNotifications } from '../../support/notify-socket.js';

afterAll(cleanUp);

it('the syslog of the machine gets a datagram for each line, with priority, time and name', async () => {
  const own = join(await makeDirectory(), 'log');
  const lines = await receiveNotifications(own);
  const asked: string[] = [];
  const syslog = openDestination(
    { kind: 'syslog', ident: 'shop', priority: 182 },
    {
      connectDatagram: (address) => {
        asked.push(address);
        return native.connectDatagram(own);
      },
    },
  );
  syslog.write('first line\n');
  syslog.write('second line\n');
  await lines.waitFor(/second/);
  expect(asked[0]).toBe('/dev/log');
  expect(
    lines.matching(/^<182>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d shop: (?:first|second) line$/),
  ).toHaveLength(2);
});
