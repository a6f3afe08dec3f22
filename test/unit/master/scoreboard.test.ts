import { expect, it } from 'vitest';
import { Scoreboard } from '../../../src/master/scoreboard.js';
import { Meter } from '../../../src/native-scoreboard.js';

/** A board in which every row says the same: requests, finished, bytes, then what `numbers` says. */
function create(numbers: number[] = [], note = '', meters = new Float64Array(Meter.length)) {
  const cleared: [number, number][] = [];
  const board = new Scoreboard({
    createScoreboard: () => 9,
    mapScoreboard: () => {},
    readScore: (_, into) => into.set(numbers),
    readNote: () => note,
    readOldest: () => note,
    readMeters: (_, into) => into.set(meters),
    clearScores: (first, count) => cleared.push([first, count]),
  });
  return { board, cleared };
}

it('gives every worker rows of its own, and the rows of those that have gone to others, cleared', () => {
  const { board, cleared } = create();
  const [first, second, third] = [board.take(2, 1), board.take(3, 2), board.take(1, 3)];
  expect([first, second, third].map((rows) => rows?.first)).toEqual([0, 2, 5]);
  second?.release();
  second?.release();
  expect(board.take(4, 4)?.first).toBe(6);
  expect(board.take(3, 5)?.first).toBe(2);
  first?.release();
  expect(board.take(1, 6)?.first).toBe(0);
  expect(cleared).toEqual([
    [0, 2],
    [2, 3],
    [5, 1],
    [6, 4],
    [2, 3],
    [0, 1],
  ]);
});

it('adds up what the threads of a worker have done', () => {
  const { board } = create([10, 7, 100, 5000, 12, 1, 2, 3, 4, 500]);
  const rows = board.take(2, 1);
  expect(rows?.read()).toEqual({
    finished: 14,
    open: 6,
    busy: 2,
    bytes: 200,
    runningTime: 10_000,
    exceptions: 2,
    readErrors: 4,
    writeErrors: 6,
    harakiris: 8,
    load: 0.5,
  });
  expect(rows?.cores()).toHaveLength(2);
  expect(rows?.cores()[1]).toMatchObject({ requests: 10, finished: 7, open: 3, age: 12 });
});

it('tells which request a thread got last', () => {
  expect(create([], ['GET', '127.0.0.1', '/a\0b'].join('\0')).board.take(1, 1)?.note(0)).toEqual({
    method: 'GET',
    address: '127.0.0.1',
    uri: '/a\0b',
  });
  expect(create().board.take(1, 1)?.note(0)).toBe(null);
});

it('never has less than no request, whatever happens between two reads', () => {
  const { board } = create([7, 8]);
  expect(board.take(1, 6)?.read()).toMatchObject({ open: 0, busy: 0 });
});

it('has no rows for more threads than it is large', () => {
  expect(create().board.take(1_000_000, 1)).toBe(null);
});

it('keeps what workers have done that have gone, by their number', () => {
  const meters = new Float64Array(Meter.length);
  meters[Meter.statuses + 2] = 7;
  meters[Meter.starts] = 2;
  const { board } = create([10, 7, 100, 0, 0, 0, 0, 0, 0, 0], '', meters);
  const first = board.take(1, 1);
  board.take(2, 1);
  board.take(1, 2);
  first?.release();
  const [core0, core1, ...others] = board.tallies(1);
  expect(core0).toMatchObject({ finished: 14, bytes: 200, restarts: 2 });
  expect(core0?.statuses[2]).toBe(14);
  expect(core1).toMatchObject({ finished: 7 });
  expect(others).toEqual([]);
  expect(board.tally()).toMatchObject({ finished: 28 });
});
