import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultLogSettings } from '../../../src/config/log-settings.js';
import { printStyle, serverStyle } from '../../../src/log/line-style.js';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date(2025, 9, 8, 12, 0, 0) });
});
afterEach(() => vi.useRealTimers());

const settings = (changes: object) => ({ ...defaultLogSettings(), ...changes });

describe("the server's own lines", () => {
  it.each([
    [null, 'hello'],
    [true as const, 'Wed Oct  8 12:00:00 2025 - hello'],
    ['%Y/%m', '2025/10 - hello'],
    ['shop', 'shop - hello'],
  ])('with log-date %s', (logDate, expected) => {
    expect(serverStyle(settings({ logDate }))('hello')).toBe(expected);
  });

  it('as JSON are one line, whatever they hold', () => {
    const line = serverStyle(settings({ logJson: true }))('Error: "x"\n  at y');
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toEqual({
      time: new Date().toISOString(),
      type: 'server',
      pid: process.pid,
      msg: 'Error: "x"\n  at y',
    });
  });
});

describe('what an application prints', () => {
  const printer = { workerId: 2, core: 1, threads: 1 };

  it('carries its worker', () => {
    expect(printStyle(settings({}), printer)('stdout')('hello')).toBe('[worker 2] hello');
    expect(printStyle(settings({}), { ...printer, threads: 2 })('stdout')('')).toBe('[worker 2 core 1] ');
  });

  it('becomes JSON, if it is not already', () => {
    const style = printStyle(settings({ logJson: true }), printer)('stderr');
    expect(JSON.parse(style('hello'))).toMatchObject({ type: 'stderr', worker: 2, core: 1, msg: 'hello' });
    expect(style('{"level":30}')).toBe('{"level":30}');
    expect(JSON.parse(style('{no json}')).msg).toBe('{no json}');
  });
});
