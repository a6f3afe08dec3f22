/** Settings that a reload does not take up: what they made was made once, with rights that may be given up by now. */
import type { Settings } from '../config/settings.js';
import { reloads } from '../log/startup.js';

const needRestart: [option: string, field: keyof Settings][] = [
  ['uid', 'uid'],
  ['gid', 'gid'],
  ['logto', 'logto'],
  ['logto2', 'logto2'],
  ['logger', 'loggers'],
  ['req-logger', 'reqLoggers'],
  ['log-route', 'logRoutes'],
  ['log-req-route', 'logReqRoutes'],
  ['log-encoder', 'logEncoders'],
  ['log-req-encoder', 'logReqEncoders'],
  ['log-drain', 'logDrain'],
  ['log-filter', 'logFilter'],
  ['log-maxsize', 'logMaxsize'],
];

/** Lines for the log: which of them are others now. */
export function restartWarnings(before: Settings, now: Settings): string[] {
  const changed = needRestart.filter(
    ([, field]) => JSON.stringify(now[field]) !== JSON.stringify(before[field]),
  );
  return changed.map(([option]) => reloads.needsRestart(option));
}
