/** Requests that are answered without reaching the application. */
import type { ResponseHead, ResponseSink } from '../wsgi/types.js';

/** Told of every request refused here, for the log. `peer` is an address, or '' on a unix socket. */
export type RefusalListener = (status: string, peer: string, reason: string) => void;

export interface Refusal {
  readonly head: ResponseHead;
  readonly text: string;
  readonly reason: string;
}

function refusal(code: number, phrase: string, reason: string): Refusal {
  const status = `${code} ${phrase}`;
  const headers = [
    ['Content-Type', 'text/plain'],
    ['Connection', 'close'],
  ] as const;
  const text = `${status}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}`;
  return { head: { code, status, headers, text, contentLength: null }, text: `${status}\n`, reason };
}

export const refusals = {
  badMethod: refusal(400, 'Bad Request', 'the method is not a word of capital letters'),
  badTarget: refusal(400, 'Bad Request', 'the request target is not a path, or leaves the root'),
  badFraming: refusal(
    400,
    'Bad Request',
    'Host, Content-Length or Transfer-Encoding is missing, repeated or malformed',
  ),
  badVersion: refusal(505, 'HTTP Version Not Supported', 'the request is not HTTP/1'),
  malformed: refusal(400, 'Bad Request', 'the request is not HTTP/1.1'),
  cutShort: refusal(400, 'Bad Request', 'the client ended its connection inside the request'),
  badProxyLine: refusal(400, 'Bad Request', 'the line of the PROXY protocol is malformed'),
  proxyVersion: refusal(
    400,
    'Bad Request',
    'the peer speaks version 2 of the PROXY protocol; let it send version 1 (HAProxy: send-proxy)',
  ),
  slow: refusal(408, 'Request Timeout', 'the request did not arrive in time (socket-timeout, http-timeout)'),
  bodyTooLarge: refusal(413, 'Content Too Large', 'the body is larger than limit-post'),
  overload: refusal(503, 'Service Unavailable', 'as many requests as async allows are unanswered'),
  headTooLarge: refusal(431, 'Request Header Fields Too Large', 'the head is larger than buffer-size'),
  overdue: refusal(504, 'Gateway Timeout', 'the application has not answered in time (harakiri)'),
  unanswered: refusal(503, 'Service Unavailable', 'the thread ended before the application answered'),
} as const;

/** @param error what the file system said: no space, no right */
export function bodyNotKept(error: unknown): Refusal {
  const { message } = error as Error;
  const advice = 'make room, or name another directory in TMPDIR';
  return refusal(500, 'Internal Server Error', `the body needs a temporary file: ${message}; ${advice}`);
}

export function refuse(sink: ResponseSink, { head, text }: Refusal): void {
  sink.respond(head, text);
}

/** A refusal as bytes for a connection that has no response object yet. */
export function refusalBytes({ head, text }: Refusal): string {
  return `HTTP/1.1 ${head.text}Content-Length: ${text.length}\r\nDate: ${new Date().toUTCString()}\r\n\r\n${text}`;
}
