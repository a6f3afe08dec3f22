import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { hasHandshakes } from '../../src/handshakes.js';
import { native } from '../../src/native.js';

it.each(['127.0.0.1', '[::1]'])(
  'a connection to %s counts until its client has sent something',
  async (host) => {
    const { fd, name } = native.bindListener(`${host}:0`, { backlog: 8, mode: null, deferAccept: true });
    const port = Number(name.slice(name.lastIndexOf(':') + 1));
    expect(await hasHandshakes(port)).toBe(false);
    const connected = async () => {
      const client = connect(port, host.replace(/[[\]]/g, ''));
      await once(client, 'connect');
      return client;
    };
    let client = await connected();
    // The kernel shows it for a second only, which may have passed before the look.
    while (!(await hasHandshakes(port))) {
      client.destroy();
      client = await connected();
    }
    expect(await hasHandshakes(1)).toBe(false);
    client.write('x');
    await expect.poll(() => hasHandshakes(port)).toBe(false);
    expect(native.queueDepth(fd)).toBeGreaterThan(0);
    client.destroy();
    native.closeFd(fd);
  },
);
