/** What a program that embeds the server does wrong. */
import { show, UwsgiNodeError } from '../errors.js';

export const embeddingErrors = {
  notAnApplication: (given: unknown) =>
    new UwsgiNodeError(
      'UWSGI_NOT_AN_APPLICATION',
      `createServer needs an application, (environ, startResponse) => body, not ${show(given)}; ` +
        'wrap a request listener with nodeHandler, a fetch handler with fetchHandler',
    ),
  unknownOption: (call: string, name: string, known: readonly string[]) =>
    new UwsgiNodeError(
      'UWSGI_OPTION',
      `${call}() has no option ${name}; it takes ${known.slice(0, -1).join(', ')} and ${known.at(-1)}`,
    ),
  optionValue: (call: string, name: string, wanted: string, given: unknown) =>
    new UwsgiNodeError('UWSGI_OPTION', `${call}(): ${name} must be ${wanted}, not ${show(given)}`),
  listening: () =>
    new UwsgiNodeError(
      'UWSGI_LISTENING',
      'this server listens already; make another one for another address, or close() it first',
    ),
  listenAddress: () =>
    new UwsgiNodeError(
      'UWSGI_LISTEN_ADDRESS',
      "listen() needs one address: { socket: 'app.sock' }, or { port: 8080 } with or without a host",
    ),
};

/** The system's own error, which says neither where nor to whom it happened. */
export function nameAddress(error: unknown, address: string): unknown {
  if (error instanceof Error) error.message = `cannot listen on ${address}: ${error.message}`;
  return error;
}
