/** Whether what went wrong can be explained: by a death of the worker or thread that had the request, or by a stop. */
import { readFileSync } from 'node:fs';
import type { Sent } from './load.js';

export interface Death {
  pid: number;
  /** Of the thread that died alone; null: the whole process. */
  thread: number | null;
  at: number;
}

/** While nobody listened. */
export interface Closed {
  from: number;
  until: number;
}

interface Begun {
  pid: number;
  thread: number;
}

/** Between a death and the moment its client learns of it, or the other way round: a loaded machine, milliseconds. */
const SLACK = 2_000;

export class Accounts {
  readonly deaths: Death[] = [];
  readonly closed: Closed[] = [];

  constructor(private readonly journal: string) {}

  /** Who has begun a request; undefined: nobody yet. */
  beginnerOf(id: string): Begun | undefined {
    return this.#read().get(id)?.[0];
  }

  /** How many of them no thread has begun: nobody listened, or a worker died with what it had just accepted. */
  neverBegun(sent: readonly Sent[]): number {
    const begun = this.#read();
    return sent.filter(({ id }) => !begun.has(id)).length;
  }

  /** The requests that failed and should not have, in words; and those that more than one thread has begun. */
  unexplained(sent: readonly Sent[]): string[] {
    const begun = this.#read();
    const failed = sent.filter((each) => each.outcome !== 'ok' && !this.#explains(each, begun.get(each.id)));
    const twice = sent.filter(({ id }) => (begun.get(id)?.length ?? 0) > 1);
    return [
      ...failed.map((each) => describe(each, begun.get(each.id))),
      ...twice.map(({ id }) => `${id} begun twice`),
    ];
  }

  #explains({ outcome, sentAt, endedAt }: Sent, begun: Begun[] | undefined): boolean {
    const during = (at: number) => at >= sentAt - SLACK && at <= endedAt + SLACK;
    if (begun === undefined) {
      const closed = this.closed.filter(({ from, until }) => from <= endedAt && until >= sentAt);
      if (closed.length > 0 && /^refused$|^status 502$/.test(outcome)) return true;
      // A worker may have died between accepting a connection and beginning its request. So may the last one that got a
      // request before the end, and the first one of the next server: but not while nobody listened all the time.
      const wasHeard = closed.every(({ from, until }) => sentAt <= from || until <= endedAt);
      return wasHeard && this.deaths.some(({ at }) => during(at));
    }
    return this.deaths.some(({ pid, thread, at }) =>
      begun.some((who) => who.pid === pid && (thread === null || who.thread === thread) && during(at)),
    );
  }

  #read(): Map<string, Begun[]> {
    const begun = new Map<string, Begun[]>();
    for (const line of readFileSync(this.journal, 'latin1').split('\n').slice(0, -1)) {
      const [id = '', pid, thread] = line.split(' ');
      begun.set(id, [...(begun.get(id) ?? []), { pid: Number(pid), thread: Number(thread) }]);
    }
    return begun;
  }
}

function describe({ id, door, path, outcome, sentAt, endedAt }: Sent, begun: Begun[] | undefined): string {
  const who =
    begun === undefined ? 'nobody' : begun.map(({ pid, thread }) => `${pid}/${thread}`).join(' and ');
  const time = `${Math.round(sentAt)} to ${Math.round(endedAt)} ms`;
  return `${path} ${id} over ${door}, ${time}, begun by ${who}: ${outcome}`;
}
