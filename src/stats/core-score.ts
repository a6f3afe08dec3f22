/**
 * What one JS thread does and has done, read from its row of the scoreboard: by the master, or by the control thread of
 * its worker. Nobody is asked, so it works for a thread that is stuck and for a process that has been killed.
 */
import { type NativeScoreboard, Score } from '../native-scoreboard.js';

export type ScoreReader = Pick<NativeScoreboard, 'readScore' | 'readNote' | 'readOldest'>;

/** A request, as the scoreboard keeps it: a long URI is cut off. */
export interface RequestNote {
  method: string;
  /** REQUEST_URI, or PATH_INFO where there is none. */
  uri: string;
  /** '' on a unix socket that says nothing of its peer. */
  address: string;
}

export interface CoreScore {
  /** Handed to the application. */
  requests: number;
  finished: number;
  /** Requests that are with the application now; 0: the core is idle. */
  open: number;
  /** Of responses, heads and bodies. */
  bytes: number;
  /** Microseconds that the finished requests took, added up. */
  runningTime: number;
  /** The application threw. */
  exceptions: number;
  /** The peer ended, or stalled, inside a request. */
  readErrors: number;
  /** It left, or stalled, inside a response. */
  writeErrors: number;
  /** Requests ended by harakiri. */
  harakiris: number;
  /** Share of the last second that its event loop was at work, 0-1; one that only waits is not. */
  load: number;
  /** Milliseconds since the last request was handed over. */
  age: number;
}

/** For whoever looks after threads that hang. */
export interface CoreWatch {
  /** When the thread is stuck if it has told no other time until then, milliseconds of `native.monotonic()`; 0: never. */
  deadline: number;
  /** When the control thread of its worker last looked after it, of the same clock; 0: it has not. */
  watched: number;
  /** The kernel's number of the thread, for /proc. */
  kernelId: number;
}

/** @param numbers scratch of `Score.length` */
export function readCore(reader: ScoreReader, row: number, numbers: Float64Array): CoreScore {
  reader.readScore(row, numbers);
  const requests = numbers[Score.requests]!;
  const finished = numbers[Score.finished]!;
  return {
    requests,
    finished,
    // The two are read one after the other.
    open: Math.max(0, requests - finished),
    bytes: numbers[Score.bytes]!,
    runningTime: numbers[Score.runningTime]!,
    exceptions: numbers[Score.exceptions]!,
    readErrors: numbers[Score.readErrors]!,
    writeErrors: numbers[Score.writeErrors]!,
    harakiris: numbers[Score.harakiris]!,
    load: numbers[Score.load]! / 1000,
    age: numbers[Score.age]!,
  };
}

/** @param numbers scratch of `Score.length` */
export function readWatch(reader: ScoreReader, row: number, numbers: Float64Array): CoreWatch {
  reader.readScore(row, numbers);
  return {
    deadline: numbers[Score.deadline]!,
    watched: numbers[Score.watched]!,
    kernelId: numbers[Score.kernelId]!,
  };
}

/** The request that was handed over last; while several are open, the others are not told of. Null: there was none. */
export function readNote(reader: ScoreReader, row: number): RequestNote | null {
  return parseNote(reader.readNote(row));
}

/** The request that the thread has last told to be the oldest one. */
export function readOldest(reader: ScoreReader, row: number): RequestNote | null {
  return parseNote(reader.readOldest(row));
}

/** @param text as `readNote` and `expired` of the addon have it; '' for none */
export function parseNote(text: string): RequestNote | null {
  if (text === '') return null;
  const [method = '', address = '', ...uri] = text.split('\0');
  return { method, address, uri: uri.join('\0') };
}

/** The text that `beginRequest` takes. */
export function noteText({ method, address, uri }: RequestNote): string {
  return `${method}\0${address}\0${uri}`;
}
