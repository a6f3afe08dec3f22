/** The rules of PEP 3333 that the validator holds applications and servers to, and the words for who breaks one. */
import { show, UwsgiNodeError } from '../errors.js';

/** The rules of PEP 3333 that the validator holds both sides to: whoever broke one, and what it says. */
export const validatorErrors = {
  environKind: () => rule('ENVIRON', 'server', 'environ must be an ordinary object'),
  environKey: (key: string) => rule('ENVIRON_KEY', 'server', `environ must have ${key}`),
  environHeader: (key: string, meant: string) =>
    rule('ENVIRON_HEADER', 'server', `environ must not have ${key}; its value belongs in ${meant}`),
  environValue: (key: string, value: unknown) =>
    rule('ENVIRON_VALUE', 'server', `environ: ${key} must be a string, not ${show(value)}`),
  version: (value: unknown) => rule('VERSION', 'server', `wsgi.version must be [1, 0], not ${show(value)}`),
  scheme: (value: unknown) =>
    rule('URL_SCHEME', 'server', `wsgi.url_scheme must be http or https, not ${show(value)}`),
  method: (value: unknown) =>
    rule('REQUEST_METHOD', 'server', `REQUEST_METHOD must be a token, not ${show(value)}`),
  path: (key: string, value: unknown) =>
    rule('PATH', 'server', `${key} must be empty or begin with a slash, not ${show(value)}`),
  scriptName: () => rule('SCRIPT_NAME', 'server', "SCRIPT_NAME must be '' for the root, not '/'"),
  noPath: () => rule('NO_PATH', 'server', 'one of SCRIPT_NAME and PATH_INFO must not be empty'),
  contentLength: (value: unknown) =>
    rule('CONTENT_LENGTH', 'server', `CONTENT_LENGTH must be a number of bytes, not ${show(value)}`),
  noQuery: () => rule('QUERY_STRING', 'server', "environ must have QUERY_STRING, '' where there is none"),
  inputResult: (method: string, result: unknown) =>
    rule('INPUT_RESULT', 'server', `wsgi.input.${method}() must give bytes, not ${show(result)}`),
  neverClosed: () =>
    rule(
      'NEVER_CLOSED',
      'server',
      'the body was let go of without close(): it is owed one however the request ended',
    ),
  stream: (key: string, method: string) => rule('STREAM', 'server', `${key} must have ${method}()`),
  callArguments: (count: number) =>
    rule('CALL', 'server', `an application takes environ and startResponse, not ${count} arguments`),
  iteratedTwice: () => rule('ITERATED_TWICE', 'server', 'the body was iterated twice'),
  readAfterClose: () => rule('READ_AFTER_CLOSE', 'server', 'the body was read after close()'),
  startArguments: (count: number) =>
    rule(
      'START_RESPONSE',
      'application',
      `startResponse takes a status, headers and perhaps an error, not ${count} arguments`,
    ),
  startedTwice: () => rule('STARTED_TWICE', 'application', 'startResponse was called again without excInfo'),
  status: (status: unknown) =>
    rule('STATUS', 'application', `the status must be a string like '200 OK', not ${show(status)}`),
  statusCode: (status: string) =>
    rule('STATUS_CODE', 'application', `the status must begin with a number from 100 on: ${show(status)}`),
  statusReason: (status: string) =>
    rule('STATUS_REASON', 'application', `a blank and a reason must follow the number: ${show(status)}`),
  headers: (headers: unknown) =>
    rule(
      'HEADERS',
      'application',
      `the headers must be an array of [name, value] pairs, not ${show(headers)}`,
    ),
  headerPair: (pair: unknown) =>
    rule('HEADER_PAIR', 'application', `a header must be a [name, value] pair of strings, not ${show(pair)}`),
  headerStatus: () =>
    rule(
      'HEADER_STATUS',
      'application',
      'a header must not be called Status; the status is an argument of its own',
    ),
  headerName: (name: string) => rule('HEADER_NAME', 'application', `${show(name)} is no name of a header`),
  headerValue: (name: string, value: string) =>
    rule(
      'HEADER_VALUE',
      'application',
      `the value of ${name} must have no control characters and be latin-1: ${show(value)}`,
    ),
  hopByHop: (name: string) =>
    rule('HOP_BY_HOP', 'application', `${name} belongs to the connection, which is the server's`),
  contentType: (code: number) =>
    rule('CONTENT_TYPE', 'application', `a response with status ${code} has no Content-Type: it has no body`),
  noContentType: () =>
    rule('NO_CONTENT_TYPE', 'application', 'a response with a body must say its Content-Type'),
  bodyKind: (body: unknown) =>
    rule(
      'BODY',
      'application',
      `the body must be a chunk, an iterable of chunks or a stream, not ${show(body)}`,
    ),
  chunk: (chunk: unknown) =>
    rule('CHUNK', 'application', `a chunk must be a string or a Uint8Array, not ${show(chunk)}`),
  notStarted: () => rule('NOT_STARTED', 'application', 'the body began before startResponse had been called'),
  neverStarted: () => rule('NEVER_STARTED', 'application', 'startResponse was never called'),
  writeArguments: (count: number) =>
    rule('WRITE', 'application', `write takes one chunk, not ${count} arguments`),
  inputArguments: (method: string, count: number) =>
    rule('INPUT', 'application', `wsgi.input.${method}() takes at most a size, not ${count} arguments`),
  inputClosed: () => rule('INPUT_CLOSED', 'application', 'wsgi.input must not be closed by the application'),
  errorsWrite: (text: unknown) =>
    rule('ERRORS_WRITE', 'application', `wsgi.errors takes text, not ${show(text)}`),
  errorsClosed: () =>
    rule('ERRORS_CLOSED', 'application', 'wsgi.errors must not be closed by the application'),
};

/** A broken rule of the calling convention. */
export class Violation extends UwsgiNodeError {
  override name = 'Violation';
  constructor(
    code: string,
    /** Who broke it. */
    readonly side: 'application' | 'server',
    message: string,
  ) {
    super(`UWSGI_RULE_${code}`, message);
  }
}

function rule(code: string, side: Violation['side'], message: string): Violation {
  return new Violation(code, side, message);
}
