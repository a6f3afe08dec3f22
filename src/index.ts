/**
 * What a program gets from `import … from 'uwsgi-node'`: the server for embedding, the adapters, and the types of the
 * application contract.
 */
export { type FetchHandler, fetchHandler } from './adapters/fetch.js';
export { type Listener, nodeHandler } from './adapters/node-http.js';
export { UwsgiNodeError } from './errors.js';
export { exposeRegistry, type MetricsRegistry } from './stats/registries.js';
export { type Address, createServer, type Server } from './thread/create-server.js';
export type { ListenOptions, ServerOptions } from './thread/server-options.js';
export type { TraceParent } from './thread/traceparent.js';
export type { RequestEvent } from './thread/tracing.js';
export type {
  Application,
  Body,
  Chunk,
  Environ,
  ErrorStream,
  Header,
  Input,
  StartResponse,
  Write,
} from './wsgi/types.js';
