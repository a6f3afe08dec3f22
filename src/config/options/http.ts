import { intoBool, intoInteger, readInteger } from '../into.js';
import type { Draft, Occurrence } from '../option.js';
import { defineOptions, flag, int, list, notYetAll, text, withoutEffect } from '../rows.js';

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
  {
    name: 'http-headers-timeout',
    metavar: 'SECONDS',
    default: 'socket-timeout',
    help: 'time a client has to send its head',
    ...intoInteger('httpHeadersTimeout', { max: 86_400 }),
  },
  {
    name: 'http-enable-proxy-protocol',
    argument: 'optional',
    help: 'the same as enable-proxy-protocol',
    ...intoBool('enableProxyProtocol'),
  },
  notYetAll(() => [
    list('https', 'ADDRESS,CERT,KEY', 'listen here for HTTP over TLS'),
    list('https2', 'OPTIONS', 'listen here for HTTP over TLS, in the form name=value,name=value'),
    flag('https-export-cert', "hand the client's certificate to the application"),
    text('https-session-context', 'TEXT', 'name under which TLS sessions are kept'),
    text('http-to-https', 'ADDRESS', 'redirect every request on this address to HTTPS'),
    list('http-var', 'NAME=VALUE', 'add a var to every request'),
    text('http-subscription-server', 'ADDRESS', 'let instances announce themselves here'),
    text(
      'http-subscription-fallback-key',
      'HOST',
      'host to use when no instance has announced the one asked for',
    ),
    flag('http-auto-gzip', 'compress responses that ask for it'),
    text('http-stats', 'ADDRESS', 'serve statistics of the HTTP router here', {
      aliases: ['http-stats-server', 'http-ss'],
    }),
    list('http-stud-prefix', 'ADDRESS', 'expect an address ahead of each request from this TLS proxy'),
    list('http-resubscribe', 'ADDRESS', 'pass announcements of instances on'),
    flag('http-server-name-as-http-host', 'take SERVER_NAME from the Host header', { argument: 'required' }),
    flag('http-manage-source', 'speak HTTP/1.0 SOURCE, as icecast clients do'),
  ]),
  withoutEffect('the workers serve HTTP themselves, so there is no router process to tune', () => [
    int('http-processes', 'N', 'router processes', { aliases: ['http-workers'] }),
    list('http-to', 'ADDRESS', 'pass requests to the server at this address'),
    text('http-zerg', 'SOCKET', 'take listening sockets from a zerg server'),
    list('http-fallback', 'ADDRESS', 'pass requests here when nobody else takes them'),
    text('http-use-cache', 'NAME', 'find the server for a host in the cache', { argument: 'optional' }),
    text('http-use-pattern', 'PATTERN', 'find the server for a host by a pattern'),
    text('http-use-base', 'DIR', 'find the server for a host by a folder of sockets'),
    text('http-use-code-string', 'CODE', 'find the server for a host by code'),
    text('http-use-socket', 'N', 'pass requests to a socket of this instance', { argument: 'optional' }),
    int('http-events', 'N', 'events the router takes at once'),
    int('http-gracetime', 'SECONDS', 'time before a server that failed is asked again'),
    flag('http-quiet', 'do not log connections to servers that fail', { argument: 'required' }),
    flag('http-cheap', 'wait with the router until a server is there'),
    int('http-harakiri', 'SECONDS', 'end a router that hangs'),
    text('http-uid', 'USER', 'run the router as this user'),
    text('http-gid', 'GROUP', 'run the router as this group'),
    int('http-buffer-size', 'BYTES', "the router's buffer"),
    int('http-connect-timeout', 'SECONDS', 'time to connect to a server'),
  ]),
  withoutEffect('the web server chooses the modifier, and only 0 and 30 lead to an application', () => [
    int('http-modifier1', 'N', 'modifier of requests that come over http'),
    int('http-modifier2', 'N', 'second modifier of requests that come over http'),
  ]),
  withoutEffect('the bodies of HTTP requests are always decoded', () => [
    flag('http-auto-chunked', 'send responses of unknown length in chunks'),
    flag('http-raw-body', 'hand chunked request bodies to the application undecoded'),
    flag('http-chunked-input', 'accept chunked request bodies'),
  ]),
  withoutEffect('it is always answered, and limit-post bounds the body', () => [
    int('http-manage-expect', 'BYTES', 'answer Expect: 100-continue, up to this body size', {
      argument: 'optional',
    }),
  ]),
  withoutEffect('an application that takes upgrades gets them', () => [
    flag('http-websockets', 'let websockets through'),
  ]),
  withoutEffect('RTSP is not spoken', () => [flag('http-manage-rtsp', 'recognise RTSP')]),
]);

/** The four chains of rules, and when each is walked. */
const chains = {
  route: 'before a request runs',
  'final-route': 'after a request has run',
  'error-route': 'when a request has failed',
  'response-route': 'before the head of a response is sent',
} as const;

/** What a rule looks at. */
const subjects = {
  '': 'PATH_INFO',
  '-host': 'the Host header',
  '-uri': 'REQUEST_URI',
  '-qs': 'QUERY_STRING',
  '-remote-addr': 'REMOTE_ADDR',
  '-user-agent': 'the User-Agent header',
  '-remote-user': 'REMOTE_USER',
  '-referer': 'the Referer header',
} as const;

function rulesOf([chain, when]: [string, string]) {
  const matching = Object.entries(subjects).map(([suffix, subject]) =>
    list(`${chain}${suffix}`, 'REGEXP ACTION', `${when}: do this where ${subject} matches`),
  );
  // There is no status yet before the request runs.
  const status = list(`${chain}-status`, 'STATUS ACTION', `${when}: do this for a status`);
  return [
    ...matching,
    ...(chain === 'route' ? [] : [status]),
    list(`${chain}-label`, 'NAME', `${when}: a place that a goto action can jump to`),
    list(`${chain}-if`, 'CONDITION ACTION', `${when}: do this where a condition holds`),
    list(`${chain}-if-not`, 'CONDITION ACTION', `${when}: do this where a condition does not hold`),
    list(`${chain}-run`, 'ACTION', `${when}: always do this`),
  ];
}

export const routingOptions = defineOptions('routing', [
  notYetAll(() => Object.entries(chains).flatMap(rulesOf)),
]);
