import { problems } from '../../errors.js';
import { addressProblem, completeAddress } from '../address.js';
import { intoBool, intoInteger, intoText, readText } from '../into.js';
import type { Apply, Draft, Occurrence } from '../option.js';
import { defineOptions, flag, int, list, notYetAll, text, withoutEffect } from '../rows.js';

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
    const written = readText(draft, at);
    if (written === null) return;
    const address = completeAddress(written);
    const reason = addressProblem(address);
    if (reason !== null) draft.refuse(at, problems.invalidAddress(address, reason));
    else draft.sockets.push({ at, address, protocol });
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
    immediate: true,
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
  {
    name: 'umask',
    metavar: 'MASK',
    immediate: true,
    help: 'file mode creation mask, such as 022',
    apply: umask,
  },
  { name: 'vacuum', help: 'remove unix sockets at the end', ...intoBool('vacuum') },
  ...notYetAll([
    list('suwsgi-socket', 'ADDRESS', 'listen here for uwsgi over TLS', { aliases: ['ssl-socket'] }),
    list('http11-socket', 'ADDRESS', 'listen here for HTTP with keep-alive'),
    list('https-socket', 'ADDRESS', 'listen here for HTTP over TLS'),
    list('fastcgi-socket', 'ADDRESS', 'listen here for FastCGI'),
    list('fastcgi-nph-socket', 'ADDRESS', 'listen here for FastCGI, answering with a full HTTP head'),
    list('scgi-socket', 'ADDRESS', 'listen here for SCGI'),
    list('scgi-nph-socket', 'ADDRESS', 'listen here for SCGI, answering with a full HTTP head'),
    list('raw-socket', 'ADDRESS', 'listen here and hand each connection to the application as it is'),
    list('puwsgi-socket', 'ADDRESS', 'listen here for uwsgi on connections that stay open'),
    list('shared-socket', 'ADDRESS', 'bind this address, to be used as =N by other options'),
    list(
      'undeferred-shared-socket',
      'ADDRESS',
      'the same as shared-socket, without waiting for data before accept',
    ),
    list('map-socket', 'N:WORKERS', 'let only these workers accept on a socket'),
    text('remap-modifier', 'FROM:TO,...', 'treat one modifier as another'),
    flag('abstract-socket', 'make every unix socket an abstract one', { short: 'a' }),
    flag('freebind', 'bind to addresses that this host does not have yet'),
    flag('reuse-port', 'let other processes bind to the same port'),
    flag('no-defer-accept', 'accept a connection before it has sent anything'),
    flag('tcp-nodelay', 'send small packets at once'),
    flag('so-keepalive', 'probe connections that are silent'),
    int('so-send-timeout', 'SECONDS', 'time the kernel lets a write wait', {
      aliases: ['socket-send-timeout', 'so-write-timeout', 'socket-write-timeout'],
      argument: 'none',
    }),
    int('socket-sndbuf', 'BYTES', "the kernel's send buffer of each connection"),
    int('socket-rcvbuf', 'BYTES', "the kernel's receive buffer of each connection"),
    int(
      'tcp-fast-open',
      'N',
      'accept data in the first packet of a connection, for up to N clients at once',
      { aliases: ['tcp-fastopen'] },
    ),
    flag('tcp-fast-open-client', 'send data in the first packet of a connection', {
      aliases: ['tcp-fastopen-client'],
    }),
    flag('shutdown-sockets', 'shut the listening sockets down when the server stops'),
    flag('enable-proxy-protocol', "read the client's address from a PROXY line ahead of the request"),
    int('max-fd', 'N', 'file descriptors each process may have'),
    flag('skip-zero', 'do not take standard input for a socket'),
    text('safe-fd', 'N', 'leave this descriptor open across a reload', { aliases: ['fd-safe'] }),
  ]),
  ...withoutEffect('the web server chooses the modifier, and only 0 and 30 lead to an application', [
    int('http-socket-modifier1', 'N', 'modifier of requests that come over http-socket'),
    int('http-socket-modifier2', 'N', 'second modifier of requests that come over http-socket'),
    int('https-socket-modifier1', 'N', 'modifier of requests that come over https-socket'),
    int('https-socket-modifier2', 'N', 'second modifier of requests that come over https-socket'),
    int('fastcgi-modifier1', 'N', 'modifier of requests that come over FastCGI'),
    int('fastcgi-modifier2', 'N', 'second modifier of requests that come over FastCGI'),
    int('scgi-modifier1', 'N', 'modifier of requests that come over SCGI'),
    int('scgi-modifier2', 'N', 'second modifier of requests that come over SCGI'),
    int('raw-modifier1', 'N', 'modifier of connections that come over raw-socket'),
    int('raw-modifier2', 'N', 'second modifier of connections that come over raw-socket'),
    text('allowed-modifiers', 'LIST', 'accept only requests with these modifiers'),
  ]),
  ...withoutEffect('one thread is woken for each connection without a lock around accept', [
    flag('thunder-lock', 'let only one process wait for a connection'),
  ]),
  ...withoutEffect('descriptors are never passed over a socket', [
    flag('no-fd-passing', 'refuse descriptors that come over a uwsgi socket'),
  ]),
  ...withoutEffect('file descriptors are closed for every child that the server starts', [
    flag('close-on-exec', 'close sockets in programs that are started'),
    flag('close-on-exec2', 'close sockets in programs that are started, from the moment they are made'),
  ]),
]);
