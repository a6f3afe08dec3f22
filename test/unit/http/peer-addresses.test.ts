import { describe, expect, it } from 'vitest';
import { PeerAddresses } from '../../../src/http/peer-addresses.js';

/** A connection that counts how often it is asked. */
function connection(...bytes: number[]) {
  const asked = { times: 0 };
  return {
    asked,
    getRemoteAddress() {
      asked.times += 1;
      return Uint8Array.from(bytes).buffer;
    },
  };
}

describe('PeerAddresses', () => {
  const v6 = (text: string) => text.match(/../g)!.map((hex) => Number.parseInt(hex, 16));
  it.each([
    [[127, 0, 0, 1], '127.0.0.1'],
    [[255, 255, 255, 255], '255.255.255.255'],
    [v6('20010db8000000000000000000000001'), '2001:db8::1'],
    [v6('20010db8000000010002000300040005'), '2001:db8:0:1:2:3:4:5'],
    [v6('00000000000000000000000000000001'), '::1'],
    [v6('00000000000000000000000000000000'), '::'],
    [v6('fe800000000000000000000000000000'), 'fe80::'],
    [v6('00010000000000020000000000000003'), '1:0:0:2::3'],
    [v6('00000000000000000000ffff0a000001'), '::ffff:10.0.0.1'],
    [[], ''],
  ])('%j is %s', (bytes, name) => {
    const peers = new PeerAddresses();
    peers.opened(connection(1, 1, 1, 1));
    peers.opened(connection(2, 2, 2, 2));
    expect(peers.of(connection(...bytes))).toBe(name);
  });

  it('asks no request while all connections come from one address', () => {
    const peers = new PeerAddresses();
    for (let i = 0; i < 3; i += 1) peers.opened(connection(10, 0, 0, 1));
    const request = connection(10, 0, 0, 1);
    expect(peers.of(request)).toBe('10.0.0.1');
    expect(request.asked.times).toBe(0);
  });

  it('asks every request once another address has come, until all connections are closed', () => {
    const peers = new PeerAddresses();
    peers.opened(connection(10, 0, 0, 1));
    peers.opened(connection(10, 0, 0, 2));
    // Which of the two has closed is not known.
    peers.closed();
    expect(peers.of(connection(10, 0, 0, 2))).toBe('10.0.0.2');
    peers.opened(connection(10, 0, 0, 1));
    expect(peers.of(connection(10, 0, 0, 2))).toBe('10.0.0.2');
    peers.closed();
    peers.closed();
    peers.opened(connection(10, 0, 0, 3));
    const request = connection(10, 0, 0, 3);
    expect(peers.of(request)).toBe('10.0.0.3');
    expect(request.asked.times).toBe(0);
  });

  it('names more peers than it remembers', () => {
    const peers = new PeerAddresses();
    peers.opened(connection(1, 1, 1, 1));
    peers.opened(connection(2, 2, 2, 2));
    for (let i = 0; i < 2_100; i += 1) {
      expect(peers.of(connection(10, 1, i >> 8, i & 255))).toBe(`10.1.${i >> 8}.${i & 255}`);
    }
  });
});
