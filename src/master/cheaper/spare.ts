/**
 * `cheaper-algo = spare`: one worker is to have nothing to do. When for `cheaper-overload` seconds none had, more are
 * started; when for as long two had, one goes. Whole workers are never idle under a spread load, so their free time counts.
 */
import type { Settings } from '../../config/settings.js';
import type { Algorithm, Decision, Sample } from './algorithm.js';

/**
 * Free time, in workers, that counts as none and as two. Far enough apart that a worker which goes leaves enough for none to
 * be started: 1.6 - 1 > 0.4.
 */
const NONE = 0.4;
const TWO = 1.6;

export class Spare implements Algorithm {
  readonly #settings: Settings;
  #secondsWithNone = 0;
  #secondsWithTwo = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  decide({ running, load }: Sample): Decision {
    const { cheaperOverload, cheaperStep } = this.#settings;
    const free = running - load;
    this.#secondsWithNone = free < NONE ? this.#secondsWithNone + 1 : 0;
    this.#secondsWithTwo = free > TWO ? this.#secondsWithTwo + 1 : 0;
    if (this.#secondsWithNone >= cheaperOverload) {
      this.#secondsWithNone = 0;
      return { start: cheaperStep };
    }
    if (this.#secondsWithTwo >= cheaperOverload) {
      this.#secondsWithTwo = 0;
      return { stop: true };
    }
    return {};
  }
}
