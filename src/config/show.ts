/**
 * `--show-config`: the configuration as it was understood, in the form of uWSGI's own.
 */
import type { Entry } from './entry.js';

/** Every entry in its order, verbatim and expanded, placeholders and unknown names too. */
export function showConfig(entries: readonly Entry[]): string {
  // An option without a value is a bool that is on.
  const lines = entries.map(({ key, value }) => `${key} = ${value ?? 'true'}`);
  return ['', ';uWSGI instance configuration', '[uwsgi]', ...lines, ';end of configuration', '', ''].join(
    '\n',
  );
}
