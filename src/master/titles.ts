/** What the processes call themselves in ps(1). */
import type { Settings } from '../config/settings.js';

/** The master's: the command line, unless an option says otherwise. */
export function masterTitle(settings: Settings): string {
  return titleOf(settings, settings.procnameMaster ?? settings.procname, 'uWSGI master');
}

/** @param id 1-based */
export function workerTitle(settings: Settings, id: number): string {
  return titleOf(settings, settings.procname, `uWSGI worker ${id}`);
}

function titleOf(settings: Settings, own: string | null, automatic: string): string {
  const name = own ?? (settings.autoProcname ? automatic : settings.title);
  return `${settings.procnamePrefix}${name}${settings.procnameAppend}`;
}
