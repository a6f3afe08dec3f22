import { expect, it } from 'vitest';
import { lastCall } from '../../src/last-call.js';

/** Records the calls; `depths` are what the queues hold at each look, then nothing. */
function fake(depths: Record<number, number[]> = {}) {
  const calls: string[] = [];
  const native = {
    refuseNew: (fd: number) => {
      calls.push(`refuse ${fd}`);
      return true;
    },
    shutDown: (fd: number) => void calls.push(`shut ${fd}`),
    queueDepth: (fd: number) => depths[fd]?.shift() ?? 0,
  };
  return { native, calls };
}
const unix = (fd: number) => ({ fd, name: '/run/app.sock', family: 'unix' as const, passed: false });
const tcp = (fd: number, port: number) => ({ fd, name: `[::1]:${port}`, family: 'inet6' as const });

it('refuses at all listeners, then shuts them down when nobody waits at any', async () => {
  const { native, calls } = fake({ 4: [2, 1] });
  await lastCall([unix(4), unix(5)], native);
  expect(calls).toEqual(['refuse 4', 'refuse 5', 'shut 4', 'shut 5']);
});

it('refuses at unix sockets when the handshakes over TCP are over', async () => {
  const { native, calls } = fake();
  const over = lastCall([unix(4), tcp(5, 80)], native, async () => false);
  expect(calls).toEqual(['refuse 5']);
  await over;
  expect(calls).toEqual(['refuse 5', 'refuse 4', 'shut 4', 'shut 5']);
});

it('waits a moment for handshakes over TCP', async () => {
  const { native, calls } = fake();
  const begun = performance.now();
  await lastCall([tcp(4, 80)], native, async () => false);
  expect(performance.now() - begun).toBeGreaterThan(90);
  expect(calls).toEqual(['refuse 4', 'shut 4']);
});

it('waits longer for clients that are connected over TCP and have sent nothing yet, then for the workers', async () => {
  const { native, calls } = fake({ 4: [1] });
  const looks = [true, true];
  const asked: number[] = [];
  await lastCall([tcp(4, 8080)], native, async (port) => {
    asked.push(port);
    return looks.shift() ?? false;
  });
  expect(asked).toEqual([8080, 8080, 8080]);
  expect(calls).toEqual(['refuse 4', 'shut 4']);
});

it('does not wait for ever for clients that send nothing, but then for the workers all the same', async () => {
  const { native, calls } = fake({ 4: [2, 1] });
  await lastCall([unix(4), tcp(5, 80)], native, async () => true);
  expect(calls).toEqual(['refuse 5', 'refuse 4', 'shut 4', 'shut 5']);
});

it('leaves alone what somebody else keeps', async () => {
  const { native, calls } = fake();
  await lastCall([{ ...unix(4), passed: true }], native);
  expect(calls).toEqual([]);
});

it('does not wait for ever for workers that accept nothing', async () => {
  const { native, calls } = fake({ 4: Array(1_000).fill(1) });
  await lastCall([unix(4), unix(5)], native);
  expect(calls).toEqual(['refuse 4', 'refuse 5', 'shut 5']);
});
