import { type Draft, defineOptions, intoInteger, type Occurrence, readInteger } from '../option.js';

/** Without a value, or as a mere yes, keep-alive is on for its default time; a number is the time. */
function httpKeepalive(draft: Draft, at: Occurrence): void {
  if (at.value === null || ['', '1', 'true', 'on', 'yes'].includes(at.value)) return;
  const seconds = ['false', 'off', 'no'].includes(at.value) ? 0 : readInteger(draft, at, 0, 86_400);
  if (seconds !== null) draft.settings.httpKeepalive = seconds;
}

export const httpOptions = defineOptions('http', [
  {
    name: 'http-keepalive',
    argument: 'optional',
    metavar: 'SECONDS',
    type: 'int',
    default: '60',
    help: 'hold an idle HTTP connection this long; 0 closes it after each response',
    apply: httpKeepalive,
  },
  {
    name: 'http-timeout',
    metavar: 'SECONDS',
    default: '60',
    help: 'silence after which an HTTP peer is given up',
    ...intoInteger('httpTimeout', { min: 1 }),
  },
]);
