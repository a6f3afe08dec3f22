/** The names that `cheaper-algo` may have. */
import type { Settings } from '../../config/settings.js';
import type { Algorithm } from './algorithm.js';
import { Backlog } from './backlog.js';
import { Busyness } from './busyness.js';
import { Spare } from './spare.js';

/** `manual`: only `+` and `-` on the master fifo decide. */
const manual: Algorithm = { decide: () => ({}) };

export function algorithmOf(settings: Settings): Algorithm {
  switch (settings.cheaperAlgo) {
    case 'spare':
      return new Spare(settings);
    case 'backlog':
      return new Backlog(settings);
    case 'busyness':
      return new Busyness(settings);
    case 'manual':
      return manual;
  }
}
