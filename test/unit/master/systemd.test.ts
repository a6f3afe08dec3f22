import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { forgetSystemd, Notifier } from '../../../src/master/systemd.js';

beforeEach(() => vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => vi.useRealTimers());

const PID = 4711;

function create(env: NodeJS.ProcessEnv) {
  const sent: string[] = [];
  const lines: string[] = [];
  const state: { problem: string | null } = { problem: null };
  const native = {
    sendDatagram: (address: string, text: string) => {
      sent.push(`${address} ${text.replaceAll('\n', ' | ')}`);
      return state.problem;
    },
  };
  const notifier = new Notifier({ env, pid: PID, native, log: (...more) => lines.push(...more) });
  return { notifier, sent, lines, state };
}

describe('Notifier', () => {
  it.each(['/run/systemd/notify', '@notify'])('tells %s how the server is', (address) => {
    const { notifier, sent } = create({ NOTIFY_SOCKET: address });
    notifier.ready(2);
    notifier.reloading();
    notifier.ready(1);
    notifier.stopping();
    const said = sent.map((text) => text.replace(/MONOTONIC_USEC=[1-9]\d+ /, 'MONOTONIC_USEC=N '));
    expect(said).toEqual([
      `${address} READY=1 | STATUS=2 workers of uwsgi-node`,
      `${address} RELOADING=1 | MONOTONIC_USEC=N | STATUS=uwsgi-node loads new workers, the old ones serve`,
      `${address} READY=1 | STATUS=1 worker of uwsgi-node`,
      `${address} STOPPING=1 | STATUS=uwsgi-node lets its workers finish their requests`,
    ]);
  });

  it.each([{}, { NOTIFY_SOCKET: '' }, { NOTIFY_SOCKET: 'vsock:2:1234' }])('says nothing under %o', (env) => {
    const { notifier, sent } = create({ ...env, WATCHDOG_USEC: '1000000' });
    notifier.ready(2);
    notifier.stopping();
    vi.advanceTimersByTime(10_000);
    expect(sent).toEqual([]);
  });

  it('gives a sign of life twice as often as systemd asks for, until the end', () => {
    const { notifier, sent } = create({
      NOTIFY_SOCKET: '@n',
      WATCHDOG_USEC: '4000000',
      WATCHDOG_PID: String(PID),
    });
    vi.advanceTimersByTime(6_000);
    expect(sent).toEqual(Array(3).fill('@n WATCHDOG=1'));
    notifier.close();
    vi.advanceTimersByTime(6_000);
    expect(sent).toHaveLength(3);
  });

  it.each([{ WATCHDOG_PID: '1' }, { WATCHDOG_USEC: '0' }, { WATCHDOG_USEC: 'soon' }])(
    'gives none under %o',
    (env) => {
      const { sent } = create({ NOTIFY_SOCKET: '@n', WATCHDOG_USEC: '1000000', ...env });
      vi.advanceTimersByTime(10_000);
      expect(sent).toEqual([]);
    },
  );

  it('complains once about a socket that nobody reads', () => {
    const { notifier, lines, state } = create({ NOTIFY_SOCKET: '/gone' });
    state.problem = 'Connection refused';
    notifier.ready(1);
    notifier.stopping();
    expect(lines).toEqual([
      '*** WARNING: systemd cannot be told how the server is: NOTIFY_SOCKET=/gone: Connection refused ***',
    ]);
  });
});

it('forgetSystemd leaves nothing to the children', () => {
  const env: NodeJS.ProcessEnv = { PATH: '/bin', NOTIFY_SOCKET: '/n', WATCHDOG_USEC: '1', LISTEN_FDS: '1' };
  forgetSystemd(env);
  expect(env).toEqual({ PATH: '/bin' });
});
