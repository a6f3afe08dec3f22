/** Does what whoever debugs the server asks for. Runs in the master. */
import type { DoorReply, DoorRequest } from '../debugging/door.js';
import { doorLines } from '../log/door.js';
import { type Traced, tracebackOf } from './traceback.js';

export class Debugging {
  readonly #workers: Iterable<Traced>;

  constructor(workers: Iterable<Traced>) {
    this.#workers = workers;
  }

  async answer(request: DoorRequest): Promise<DoorReply> {
    switch (request.kind) {
      case 'traceback':
        return { lines: await tracebackOf(this.#workers) };
      default:
        return { problem: doorLines.unknown };
    }
  }
}
