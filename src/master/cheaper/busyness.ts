/**
 * `cheaper-algo = busyness`: the share of time that workers are at work, on average over `cheaper-overload` seconds, is to
 * stay between two bounds. A queue of waiting connections is answered at once.
 */
import type { Settings } from '../../config/settings.js';
import { busyness } from '../../log/cheaper.js';
import type { Algorithm, Decision, Sample } from './algorithm.js';

export class Busyness implements Algorithm {
  readonly #settings: Settings;
  /** Of this cycle. */
  #seconds = 0;
  #load = 0;
  #capacity = 0;
  /** Cycles in a row that were below the lower bound, and how many of them cost a worker its place. */
  #quietCycles = 0;
  #patience: number;
  /** Cycles since a worker was stopped. */
  #sinceStop = Number.POSITIVE_INFINITY;
  /** Workers that were started for a queue, and cycles before the first of them may go. */
  #emergencies = 0;
  #emergencyCycles = 0;
  /** Seconds in a row in which somebody waited. */
  #secondsWaiting = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#patience = settings.cheaperBusynessMultiplier;
  }

  decide(sample: Sample): Decision {
    this.#seconds += 1;
    this.#load += sample.load;
    this.#capacity += sample.running;
    const isCycleOver = this.#seconds >= this.#settings.cheaperOverload;
    const emergency = this.#ofQueue(sample);
    if (!isCycleOver) return emergency;
    const cycle = this.#endCycle(sample);
    return emergency.start === undefined ? cycle : emergency;
  }

  #ofQueue({ waiting, startable }: Sample): Decision {
    const settings = this.#settings;
    this.#secondsWaiting = waiting > 0 ? this.#secondsWaiting + 1 : 0;
    const isLong = waiting > settings.cheaperBusynessBacklogAlert;
    if (!isLong && this.#secondsWaiting < settings.cheaperBusynessBacklogNonzero) return {};
    const step = Math.min(settings.cheaperBusynessBacklogStep, startable);
    if (step === 0) return {};
    const why = isLong
      ? busyness.queue(waiting, step, this.#emergencies + step)
      : busyness.waiting(this.#secondsWaiting, step);
    this.#secondsWaiting = 0;
    this.#emergencies += step;
    this.#emergencyCycles = settings.cheaperBusynessBacklogMultiplier;
    return { start: step, why };
  }

  #endCycle({ running, startable, stoppable }: Sample): Decision {
    const { cheaperOverload: seconds, ...settings } = this.#settings;
    const percent = this.#capacity === 0 ? 0 : Math.round((this.#load / this.#capacity) * 100);
    this.#seconds = this.#load = this.#capacity = 0;
    this.#sinceStop += 1;
    this.#emergencyCycles = Math.max(0, this.#emergencyCycles - 1);
    if (percent > settings.cheaperBusynessMax) {
      this.#quietCycles = 0;
      const start = Math.min(settings.cheaperStep, startable);
      if (start === 0) return this.#say(busyness.full(seconds, percent, running));
      this.#punish();
      return { start, why: busyness.high(seconds, percent, start) };
    }
    if (percent >= settings.cheaperBusynessMin) {
      this.#quietCycles = 0;
      return this.#say(busyness.average(seconds, running, percent));
    }
    this.#quietCycles += 1;
    if (!stoppable || !this.#mayStop()) return this.#say(busyness.average(seconds, running, percent));
    this.#quietCycles = 0;
    this.#sinceStop = 0;
    return { stop: true, why: busyness.low(seconds, percent, running) };
  }

  /** A worker that was missed right after it had been stopped was stopped too soon: the next one waits longer. */
  #punish(): void {
    const { cheaperBusynessMultiplier, cheaperBusynessPenalty } = this.#settings;
    const tooSoon = this.#sinceStop <= this.#patience;
    this.#patience = tooSoon ? this.#patience + cheaperBusynessPenalty : cheaperBusynessMultiplier;
    this.#sinceStop = Number.POSITIVE_INFINITY;
  }

  #mayStop(): boolean {
    if (this.#emergencies > 0 && this.#emergencyCycles === 0) {
      this.#emergencies -= 1;
      return true;
    }
    return this.#quietCycles >= this.#patience;
  }

  #say(why: string): Decision {
    return this.#settings.cheaperBusynessVerbose ? { why } : {};
  }
}
