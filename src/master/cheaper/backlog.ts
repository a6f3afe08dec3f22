/**
 * `cheaper-algo = backlog`: more workers while more than `cheaper-overload` connections wait to be accepted, one less when
 * fewer do.
 */
import type { Settings } from '../../config/settings.js';
import type { Algorithm, Decision, Sample } from './algorithm.js';

export class Backlog implements Algorithm {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  decide({ waiting }: Sample): Decision {
    const { cheaperOverload, cheaperStep } = this.#settings;
    if (waiting > cheaperOverload) return { start: cheaperStep };
    return waiting < cheaperOverload ? { stop: true } : {};
  }
}
