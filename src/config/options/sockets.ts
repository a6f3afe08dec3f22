import { problems } from '../../errors.js';
import { addressProblem } from '../address.js';
import {
  type Apply,
  type Draft,
  defineOptions,
  intoBool,
  intoInteger,
  intoText,
  type Occurrence,
  readText,
} from '../option.js';

/** What uWSGI also speaks on a socket. */
const otherProtocols = [
  'http11',
  'https',
  'suwsgi',
  'fastcgi',
  'fastcgi-nph',
  'scgi',
  'scgi-nph',
  'raw',
  'puwsgi',
]; // prettier-ignore

/** A socket of a fixed protocol, or, with null, of the one that a `protocol` line names. */
const socket =
  (protocol: 'uwsgi' | 'http' | null): Apply =>
  (draft, at) => {
    const address = readText(draft, at);
    if (address === null) return;
    const reason = addressProblem(address);
    if (reason !== null) draft.refuse(at, problems.invalidAddress(address, reason));
    else draft.sockets.push({ at, protocol });
    if (/^\d+$/.test(address)) draft.warn(at, problems.numericSocketName(address));
  };

/** `protocol` may stand below the sockets it applies to, so it is only remembered here. */
function rememberProtocol(draft: Draft, at: Occurrence): void {
  const name = readText(draft, at);
  if (name === null) return;
  if (name === 'uwsgi' || name === 'http') draft.protocol = at;
  else
    draft.refuse(
      at,
      otherProtocols.includes(name) ? problems.protocolNotYet(name) : problems.invalidProtocol(name),
    );
}

/** Permission bits as uWSGI takes them: three octal digits; without a value (or with `1`) 666. */
function chmodSocket(draft: Draft, at: Occurrence): void {
  const value = at.value === null || at.value === '1' || at.value === 'true' ? '666' : at.value;
  if (/^[0-7]{3}$/.test(value)) draft.settings.chmodSocket = Number.parseInt(value, 8);
  else draft.refuse(at, problems.invalidMode(value));
}

function umask(draft: Draft, at: Occurrence): void {
  const value = readText(draft, at);
  if (value === null) return;
  if (/^[0-7]{1,4}$/.test(value)) draft.settings.umask = Number.parseInt(value, 8);
  else draft.refuse(at, problems.invalidUmask(value));
}

export const socketOptions = defineOptions('sockets', [
  {
    name: 'socket',
    short: 's',
    type: 'list',
    metavar: 'ADDRESS',
    help: 'listen here, in the protocol that `protocol` names',
    apply: socket(null),
  },
  {
    name: 'uwsgi-socket',
    short: 's',
    type: 'list',
    metavar: 'ADDRESS',
    help: 'listen here for a web server that speaks uwsgi',
    apply: socket('uwsgi'),
  },
  {
    name: 'http-socket',
    type: 'list',
    metavar: 'ADDRESS',
    help: 'listen here for HTTP',
    apply: socket('http'),
  },
  {
    name: 'http',
    aliases: ['httprouter'],
    type: 'list',
    metavar: 'ADDRESS',
    help: 'listen here for HTTP; the same as http-socket, as there is no router process',
    apply: socket('http'),
  },
  {
    name: 'protocol',
    aliases: ['socket-protocol'],
    metavar: 'NAME',
    default: 'uwsgi',
    help: 'what is spoken on every `socket`: uwsgi or http',
    apply: rememberProtocol,
  },
  {
    name: 'listen',
    short: 'l',
    default: 'min(4096, somaxconn)',
    help: 'connections that may wait to be accepted',
    ...intoInteger('listen', { min: 1 }),
  },
  {
    name: 'chmod-socket',
    aliases: ['chmod'],
    short: 'C',
    argument: 'optional',
    metavar: 'MODE',
    help: 'permissions of unix sockets, such as 664; without a value 666',
    apply: chmodSocket,
  },
  {
    name: 'chown-socket',
    metavar: 'USER[:GROUP]',
    help: 'owner of unix sockets',
    ...intoText('chownSocket'),
  },
  { name: 'umask', metavar: 'MASK', help: 'file mode creation mask, such as 022', apply: umask },
  { name: 'vacuum', help: 'remove unix sockets at the end', ...intoBool('vacuum') },
]);
