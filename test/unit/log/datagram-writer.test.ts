import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DatagramWriter, type Sent, udpSender } from '../../../src/log/datagram-writer.js';

describe('a receiver that does not keep up', () => {
  let answer: Sent;
  const sent: string[] = [];
  const writer = () =>
    new DatagramWriter(
      (bytes) => {
        if (answer === 'sent') sent.push(bytes.toString());
        return answer;
      },
      (line) => `<${line}>`,
    );
  beforeEach(() => {
    vi.useFakeTimers();
    sent.length = 0;
  });
  afterEach(() => vi.useRealTimers());

  it('gets its lines later, in order', () => {
    const lines = writer();
    answer = 'later';
    for (const line of ['a', 'b', 'c']) lines.write(line);
    answer = 'sent';
    vi.advanceTimersByTime(200);
    lines.write('d');
    expect(sent).toEqual(['<a>', '<b>', '<c>', '<d>']);
  });

  it('loses lines beyond a bound, and those it cannot take, and is told how many', () => {
    const lines = writer();
    answer = 'later';
    for (let i = 0; i < 10_005; i++) lines.write(String(i));
    answer = 'sent';
    vi.advanceTimersByTime(200);
    expect(sent).toHaveLength(10_001);
    expect(sent.at(-1)).toMatch(/\*\*\* 5 log lines were dropped/);
  });
});

it('udp reaches its receiver', async () => {
  const receiver = createSocket('udp4').bind(0, '127.0.0.1');
  await once(receiver, 'listening');
  const message = once(receiver, 'message');
  new DatagramWriter(udpSender('127.0.0.1', receiver.address().port, false), (line) => line).write('hello\n');
  expect(String((await message)[0])).toBe('hello\n');
  receiver.close();
});
