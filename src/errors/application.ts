/** What an application does wrong against the contract; thrown into its own call. */
import { show, UwsgiNodeError } from '../errors.js';

export const applicationErrors = {
  statusLine: (status: unknown) =>
    new UwsgiNodeError(
      'UWSGI_STATUS',
      `start_response: the status must be a string like '200 OK', not ${show(status)}`,
    ),
  notFinal: (status: string) =>
    new UwsgiNodeError(
      'UWSGI_STATUS',
      `start_response: ${show(status)} announces a response and is none: a client would wait for ever`,
    ),
  headerList: (headers: unknown) =>
    new UwsgiNodeError(
      'UWSGI_HEADERS',
      `start_response: the headers must be an array of [name, value] pairs, not ${show(headers)}`,
    ),
  headerPair: (pair: unknown) =>
    new UwsgiNodeError(
      'UWSGI_HEADERS',
      `start_response: a header must be a [name, value] pair, not ${show(pair)}`,
    ),
  headerName: (name: unknown) =>
    new UwsgiNodeError(
      'UWSGI_HEADER_NAME',
      `start_response: ${show(name)} is not a header name (RFC 9110, 5.6.2)`,
    ),
  headerValue: (name: string, value: unknown) =>
    new UwsgiNodeError(
      'UWSGI_HEADER_VALUE',
      `start_response: the value of ${name} must be a latin-1 string without CR, LF or NUL, not ${show(value)}`,
    ),
  hopByHop: (name: string) =>
    new UwsgiNodeError(
      'UWSGI_HOP_BY_HOP',
      `start_response: ${name} belongs to the server's connection, not to the application; leave it out (PEP 3333)`,
    ),
  contentLength: (value: string) =>
    new UwsgiNodeError(
      'UWSGI_CONTENT_LENGTH',
      `start_response: Content-Length must be a number, not ${show(value)}`,
    ),
  headTooLarge: (size: number, most: number) =>
    new UwsgiNodeError(
      'UWSGI_HEAD_TOO_LARGE',
      `start_response: status and headers have ${size} bytes; at most ${most} can be sent`,
    ),
  contentLengthTwice: () =>
    new UwsgiNodeError(
      'UWSGI_CONTENT_LENGTH',
      'start_response: Content-Length is given twice; leave one out',
    ),
  startedTwice: () =>
    new UwsgiNodeError(
      'UWSGI_STARTED_TWICE',
      'start_response was called again without excInfo: only an error may change a response (PEP 3333)',
    ),
  notStarted: () =>
    new UwsgiNodeError(
      'UWSGI_NOT_STARTED',
      'the application returned or sent a body without having called start_response(status, headers)',
    ),
  bodyKind: (body: unknown) =>
    new UwsgiNodeError(
      'UWSGI_BODY',
      `the application returned ${show(body)}: a body is a string, a Uint8Array, an iterable or async iterable of them, or a stream`,
    ),
  chunkKind: (chunk: unknown) =>
    new UwsgiNodeError(
      'UWSGI_CHUNK',
      `a chunk of a body must be a string or a Uint8Array, not ${show(chunk)}`,
    ),
  bodyTooLong: (declared: number) =>
    new UwsgiNodeError(
      'UWSGI_BODY_TOO_LONG',
      `the body is longer than its Content-Length of ${declared} bytes; the rest was not sent`,
    ),
  bodyTooShort: (declared: number, sent: number) =>
    new UwsgiNodeError(
      'UWSGI_BODY_TOO_SHORT',
      `the body ended after ${sent} of the ${declared} bytes of its Content-Length: this response cannot be completed`,
    ),
  inputAborted: () =>
    new UwsgiNodeError(
      'UWSGI_INPUT_ABORTED',
      'wsgi.input: the request was over before its body was complete: the peer went away or fell silent, or the response had been sent',
    ),
  inputTimeout: (seconds: number) =>
    new UwsgiNodeError(
      'UWSGI_INPUT_TIMEOUT',
      `wsgi.input: no byte of the body came for ${seconds} seconds (option socket-timeout)`,
    ),
  inputAsyncOnly: () =>
    new UwsgiNodeError(
      'UWSGI_INPUT_ASYNC',
      'wsgi.input: this body can only be read asynchronously (for await, stream())',
    ),
  inputStreaming: () =>
    new UwsgiNodeError(
      'UWSGI_INPUT_STREAMING',
      'wsgi.input: an asynchronous reader is at work; a second reader would take its bytes',
    ),
};
