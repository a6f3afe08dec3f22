import { problems } from '../../errors/configuration.js';
import { addressProblem, completeAddress } from '../address.js';
import { intoBool, intoInteger, intoText, readInteger, readText } from '../into.js';
import type { Apply, Draft, Occurrence } from '../option.js';
import { defineOptions, flag, int, list, notYetAll, text, withoutEffect } from '../rows.js';
import { type Settings, type SocketProtocol, socketProtocols } from '../settings.js';
import { parseBool } from '../values.js';

/** What uWSGI also speaks on a socket. */
const otherProtocols = ['http11', 'https', 'suwsgi', 'fastcgi-nph', 'scgi-nph', 'raw', 'puwsgi']; // prettier-ignore

const protocols: readonly string[] = socketProtocols;

/** A socket of a fixed protocol, or, with null, of the one that a `protocol` line names. */
const socket =
  (protocol: SocketProtocol | null): Apply =>
  (draft, at) => {
    const written = readText(draft, at);
    if (written === null) return;
    const address = completeAddress(written);
    const reason = addressProblem(address);
    if (reason !== null) draft.refuse(at, problems.invalidAddress(address, reason));
    else draft.sockets.push({ at, address, protocol });
    if (/^\d+$/.test(address)) draft.warn(at, problems.numericSocketName(address));
  };

/** An address that other lines refer to by its number. */
const sharedSocket: Apply = (draft, at) => {
  const written = readText(draft, at);
  if (written === null) return;
  const address = completeAddress(written);
  const reason = address.startsWith('=') ? 'a shared socket has an address' : addressProblem(address);
  if (reason !== null) draft.refuse(at, problems.invalidAddress(address, reason));
  draft.sharedSockets.push(address);
};

type Tcp = Settings['tcp'];

/** A yes that lands in `tcp`; with `inverted` a no. */
const tcpFlag = (field: 'reusePort' | 'freeBind' | 'keepAlive' | 'deferAccept', inverted = false) => ({
  type: 'bool' as const,
  apply: ((draft, at) => {
    draft.settings.tcp[field] = parseBool(at.value) !== inverted;
  }) satisfies Apply,
});

/** A number that lands in `tcp`. */
const tcpInteger = (field: keyof Tcp & ('fastOpen' | 'sendBuffer' | 'receiveBuffer')) => ({
  type: 'int' as const,
  apply: ((draft, at) => {
    const value = readInteger(draft, at, 0, 2 ** 31 - 1);
    if (value !== null) draft.settings.tcp[field] = value;
  }) satisfies Apply,
});

/** `protocol` may stand below the sockets it applies to, so it is only remembered here. */
function rememberProtocol(draft: Draft, at: Occurrence): void {
  const name = readText(draft, at);
  if (name === null) return;
  if (protocols.includes(name)) draft.protocol = at;
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
    name: 'fastcgi-socket',
    type: 'list',
    metavar: 'ADDRESS',
    help: 'listen here for a web server that speaks FastCGI',
    apply: socket('fastcgi'),
  },
  {
    name: 'scgi-socket',
    type: 'list',
    metavar: 'ADDRESS',
    help: 'listen here for a web server that speaks SCGI',
    apply: socket('scgi'),
  },
  {
    name: 'http-socket',
    type: 'list',
    metavar: 'ADDRESS',
    help: 'listen here for HTTP',
    apply: socket('http'),
  },
  {
    name: 'http11-socket',
    type: 'list',
    metavar: 'ADDRESS',
    help: 'listen here for HTTP; the same as http-socket, which keeps connections open as well',
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
    help: 'what is spoken on every `socket`: uwsgi, fastcgi, scgi or http',
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
  {
    name: 'shared-socket',
    type: 'list',
    metavar: 'ADDRESS',
    help: 'an address that other lines may name =0, =1, … in the order of these lines',
    apply: sharedSocket,
  },
  {
    name: 'abstract-socket',
    short: 'a',
    type: 'bool',
    help: 'make every unix socket an abstract one',
    apply: (draft, at) => {
      draft.areAbstract = parseBool(at.value);
    },
  },
  { name: 'reuse-port', help: 'let other processes bind to the same port', ...tcpFlag('reusePort') },
  {
    name: 'freebind',
    help: 'bind to addresses that this host does not have yet',
    ...tcpFlag('freeBind'),
  },
  { name: 'so-keepalive', help: 'probe connections that are silent', ...tcpFlag('keepAlive') },
  {
    name: 'no-defer-accept',
    help: 'accept a connection before it has sent anything',
    ...tcpFlag('deferAccept', true),
  },
  {
    name: 'tcp-fast-open',
    aliases: ['tcp-fastopen'],
    help: 'accept data in the first packet of a connection, for up to N clients at once',
    ...tcpInteger('fastOpen'),
  },
  {
    name: 'socket-sndbuf',
    metavar: 'BYTES',
    help: "the kernel's send buffer of each connection",
    ...tcpInteger('sendBuffer'),
  },
  {
    name: 'socket-rcvbuf',
    metavar: 'BYTES',
    help: "the kernel's receive buffer of each connection",
    ...tcpInteger('receiveBuffer'),
  },
  withoutEffect('small packets are always sent at once', () => [
    flag('tcp-nodelay', 'send small packets at once'),
  ]),
  withoutEffect('socket-timeout bounds writes too', () => [
    int('so-send-timeout', 'SECONDS', 'time the kernel lets a write wait', {
      aliases: ['socket-send-timeout', 'so-write-timeout', 'socket-write-timeout'],
      argument: 'none',
    }),
  ]),
  { name: 'max-fd', help: 'file descriptors each process may have', ...intoInteger('maxFd', { min: 64 }) },
  { name: 'vacuum', help: 'remove unix sockets at the end', ...intoBool('vacuum') },
  {
    name: 'enable-proxy-protocol',
    help: "read the client's address from a PROXY line (version 1) ahead of the first request, on HTTP sockets",
    ...intoBool('enableProxyProtocol'),
  },
  notYetAll(() => [
    list('suwsgi-socket', 'ADDRESS', 'listen here for uwsgi over TLS', { aliases: ['ssl-socket'] }),
    list('https-socket', 'ADDRESS', 'listen here for HTTP over TLS'),
    list('fastcgi-nph-socket', 'ADDRESS', 'listen here for FastCGI, answering with a full HTTP head'),
    list('scgi-nph-socket', 'ADDRESS', 'listen here for SCGI, answering with a full HTTP head'),
    list('raw-socket', 'ADDRESS', 'listen here and hand each connection to the application as it is'),
    list('puwsgi-socket', 'ADDRESS', 'listen here for uwsgi on connections that stay open'),
    list(
      'undeferred-shared-socket',
      'ADDRESS',
      'the same as shared-socket, without waiting for data before accept',
    ),
    list('map-socket', 'N:WORKERS', 'let only these workers accept on a socket'),
    text('remap-modifier', 'FROM:TO,...', 'treat one modifier as another'),
    flag('tcp-fast-open-client', 'send data in the first packet of a connection', {
      aliases: ['tcp-fastopen-client'],
    }),
    flag('skip-zero', 'do not take standard input for a socket'),
    text('safe-fd', 'N', 'leave this descriptor open across a reload', { aliases: ['fd-safe'] }),
  ]),
  withoutEffect('those that are its own always are', () => [
    flag('shutdown-sockets', 'shut the listening sockets down when the server stops'),
  ]),
  withoutEffect('the web server chooses the modifier, and only 0 and 30 lead to an application', () => [
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
  withoutEffect('one thread is woken for each connection without a lock around accept', () => [
    flag('thunder-lock', 'let only one process wait for a connection'),
  ]),
  withoutEffect('descriptors are never passed over a socket', () => [
    flag('no-fd-passing', 'refuse descriptors that come over a uwsgi socket'),
  ]),
  withoutEffect('file descriptors are closed for every child that the server starts', () => [
    flag('close-on-exec', 'close sockets in programs that are started'),
    flag('close-on-exec2', 'close sockets in programs that are started, from the moment they are made'),
  ]),
]);
