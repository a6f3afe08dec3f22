/** The values of options for whoever debugs the server. */
import { problems } from '../errors/configuration.js';
import { addressProblem } from './address.js';
import { readText } from './into.js';
import type { Draft, Occurrence } from './option.js';

/** The number of each worker is put behind it, so it has to be a unix socket. */
export function intoTracebacker(draft: Draft, at: Occurrence): void {
  const address = readText(draft, at);
  if (address === null) return;
  const reason = /^(?!@).*:|^=/.test(address) ? 'this has to be a unix socket' : addressProblem(address);
  if (reason !== null) draft.refuse(at, problems.invalidAddress(address, reason));
  else draft.settings.tracebacker = { address, origin: at.origin };
}

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
