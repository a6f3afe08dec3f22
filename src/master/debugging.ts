/** Does what whoever debugs the server asks for. Runs in the master. */
import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { DoorReply, DoorRequest } from '../debugging/door.js';
import { LONGEST_PROFILE } from '../debugging/door.js';
import { doorLines } from '../log/door.js';
import { profileLines } from '../log/profile.js';
import { type Answer, partOf, type Question } from '../messages.js';
import { type Traced, tracebackOf } from './traceback.js';

export interface DebuggingParts {
  workers: Iterable<Traced & { readonly state: string }>;
  /** Where profiles are written, absolute. */
  directory(): string;
  log(...lines: string[]): void;
}

type ProfileRequest = Exclude<DoorRequest, { kind: 'traceback' }>;
type ProfileQuestion = Exclude<Question, { kind: 'traceback' }>;

export class Debugging {
  readonly #parts: DebuggingParts;
  #isProfiling = false;

  constructor(parts: DebuggingParts) {
    this.#parts = parts;
  }

  async answer(request: DoorRequest): Promise<DoorReply> {
    switch (request.kind) {
      case 'traceback':
        return { lines: await tracebackOf(this.#parts.workers) };
      case 'profile':
      case 'heap':
        return this.#profile(request);
      default:
        return { problem: doorLines.unknown };
    }
  }

  /** One at a time: each costs memory and speed. */
  async #profile(request: ProfileRequest): Promise<DoorReply> {
    const { kind, worker: id, core } = request;
    const worker = Array.from(this.#parts.workers).find((each) => each.id === id && each.state === 'ready');
    if (worker === undefined) return { problem: profileLines.noWorker(id) };
    if (this.#isProfiling) return { problem: profileLines.busy };
    const question = this.#questionOf(request);
    this.#parts.log(
      profileLines.begun(kind, id, core, question.kind === 'profile' ? question.seconds : null),
    );
    this.#isProfiling = true;
    const answer = await worker.look(question).finally(() => {
      this.#isProfiling = false;
    });
    // It was killed meanwhile, and has left there what it had.
    if (answer === null) removePart(question.file);
    return this.#reply(kind, answer);
  }

  #questionOf(request: ProfileRequest): ProfileQuestion {
    const { kind, core } = request;
    const file = join(this.#parts.directory(), nameOf(request));
    if (kind === 'heap') return { kind, core, file };
    return { kind, core, file, seconds: Math.min(request.seconds, LONGEST_PROFILE) };
  }

  #reply(kind: ProfileRequest['kind'], answer: Answer | null): DoorReply {
    if (answer !== null && 'file' in answer) {
      this.#parts.log(profileLines.written(kind, answer.file, answer.bytes));
      return { lines: [answer.file] };
    }
    const problem = answer !== null && 'problem' in answer ? answer.problem : profileLines.workerGone;
    this.#parts.log(profileLines.failed(kind, problem));
    return { problem };
  }
}

function nameOf({ kind, worker, core }: ProfileRequest): string {
  const time = new Date().toISOString().replace(/[-:Z]/g, '').replace('T', '-');
  return `worker-${worker}-core-${core}-${time}.${kind === 'heap' ? 'heapsnapshot' : 'cpuprofile'}`;
}

function removePart(file: string): void {
  try {
    unlinkSync(partOf(file));
  } catch {
    // It had not begun, or nobody may remove it.
  }
}
