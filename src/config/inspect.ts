/** The value of `inspect`. */
import { problems } from '../errors/configuration.js';
import type { Draft, Occurrence } from './option.js';

/** Node's own. */
const DEFAULT_PORT = 9229;
const DEFAULT_HOST = '127.0.0.1';

/** Without a value, or `true`: Node's own port of this machine alone. */
export function intoInspect(draft: Draft, at: Occurrence): void {
  const value = at.value ?? '';
  const isBare = value === '' || value === 'true';
  const [, host, port] =
    /^(?:(\[[^\]]+\]|[^:]*):)?(\d{1,5})$/.exec(isBare ? String(DEFAULT_PORT) : value) ?? [];
  if (/^(?:false|off|no)$/.test(value)) draft.settings.inspect = null;
  else if (port === undefined || Number(port) > 65_535) draft.refuse(at, problems.invalidInspect(value));
  else {
    draft.settings.inspect = {
      host: host?.replace(/^\[(.*)\]$/, '$1') || DEFAULT_HOST,
      port: Number(port),
      origin: at.origin,
    };
  }
}
