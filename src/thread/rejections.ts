/**
 * Log lines for connections that never reached the application.
 */
import type { Settings } from '../config/settings.js';
import { ctime } from '../log/ctime.js';
import { EngineProtocol, Rejection } from '../native.js';

/** native/core/protocol/vars.h, Protocol and InvalidReason. */
const protocols = [
  { name: 'uwsgi', pass: 'uwsgi_pass' },
  { name: 'FastCGI', pass: 'fastcgi_pass' },
  { name: 'SCGI', pass: 'scgi_pass' },
] as const;
const malformed = [
  '',
  'a var with an empty name',
  'a var that runs past the end of the packet',
  'a CONTENT_LENGTH that is not a number',
  'no vars at all',
  'HTTP',
  'TLS',
  'too many vars',
  'no record of FastCGI 1.0 where one should be',
  'a record that does not belong there',
  'a body that is shorter than its CONTENT_LENGTH',
  'no netstring',
  'the first header is not CONTENT_LENGTH',
];

/** @param detail what native/core/engine.h says of the reason @param protocol one of `EngineProtocol` */
export function rejectionLine(
  reason: number,
  peer: string,
  detail: number,
  settings: Settings,
  protocol: number = EngineProtocol.uwsgi,
): string {
  // Whom a descriptor is missing for is not known.
  const who = reason === Rejection.outOfDescriptors ? '' : ` [peer: ${peer}]`;
  return `${ctime(new Date())} - ${text(reason, detail, settings, protocols[protocol]!)}${who}`;
}

/** The same for what the HTTP front refuses. @param status `400 Bad Request` @param peer '' on a unix socket */
export function refusalLine(status: string, peer: string, reason: string): string {
  return `${ctime(new Date())} - HTTP: ${reason}...${status.slice(0, 3)} [peer: ${peer === '' ? 'unix' : peer}]`;
}

function text(
  reason: number,
  detail: number,
  settings: Settings,
  { name, pass }: { name: string; pass: string },
): string {
  switch (reason) {
    case Rejection.malformed:
      return `invalid ${name} request: ${malformed[detail] ?? 'malformed'}...400`;
    case Rejection.http:
      return `an HTTP request came to a ${name} socket...400; for HTTP use http-socket (or protocol = http), in nginx use ${pass} instead of proxy_pass`;
    case Rejection.tls:
      return `a TLS handshake came to a ${name} socket...closed; TLS ends at the front server, which then uses ${pass}`;
    case Rejection.tooSlow:
      return `the request was not complete after ${settings.socketTimeout} seconds of silence, ${detail} bytes had come...408 (option socket-timeout)`;
    case Rejection.bodyTooLarge:
      return `Invalid (too big) CONTENT_LENGTH: ${detail} (max ${settings.limitPost})...413 (option limit-post)`;
    case Rejection.varsTooLarge:
      return `invalid request block size: ${detail} (max ${settings.bufferSize})...431 (option buffer-size)`;
    case Rejection.modifier:
      return `-- unavailable modifier requested: ${detail} --`;
    case Rejection.truncated:
      return `the peer closed the connection inside a request, after ${detail} bytes`;
    case Rejection.outOfDescriptors:
      return `accept() failed (errno ${detail}): out of file descriptors or memory; connections wait in the backlog (raise the limit: ulimit -n, or LimitNOFILE in a systemd unit)`;
    case Rejection.stopped:
      return 'the thread ended with this request unanswered...503';
    case Rejection.harakiri:
      return `the thread ended with this request unanswered after ${settings.harakiri} seconds...504 (option harakiri)`;
    default:
      return `a connection was refused (reason ${reason}, ${detail})`;
  }
}
