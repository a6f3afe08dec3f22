/**
 * Tells what an exported value is: an application by the calling convention, something that was written for node:http, or
 * a fetch handler. Frameworks are recognised by what every version of them has.
 */
import type { Server as HttpServer } from 'node:http';
import type { Listener } from '../adapters/node-http.js';
import type { AppInterface } from '../config/settings.js';
import { isDirect } from '../wsgi/direct.js';
import type { Application } from '../wsgi/types.js';
import { isHttpServer } from './http-server.js';
import type { ListenCapture } from './listen-capture.js';

export interface Recognised {
  kind: AppInterface;
  application: Application;
}

/** Where the value stands decides what a function of two parameters is by default. */
export interface Place {
  /** `app-interface`, or null. */
  wanted: AppInterface | null;
  capture: ListenCapture;
  /** `export default (request) => …` is a fetch handler; an export of another name must be called so. */
  isDefault: boolean;
}

type Members = Record<string, unknown>;

/** Loaded by who needs it: node:http is a tenth of the start of an application without it. */
export const nodeAdapter = () => import('../adapters/node-http.js');

/** Null: it is no application, or not of the kind that was asked for. */
export async function recognise(value: unknown, place: Place): Promise<Recognised | null> {
  const { wanted, capture, isDefault } = place;
  if (wanted === 'wsgi') return isCallable(value) ? wsgi(value) : null;
  if (typeof value === 'function' && isDirect(value as Application)) return wsgi(value);
  if (wanted !== 'fetch') {
    const application = await fromFramework(value, capture);
    if (application !== null) return { kind: 'node', application };
  }
  const fetches = hasMethod(value, 'fetch') || (wanted === 'fetch' && isCallable(value));
  if (fetches && wanted !== 'node') return fetcher(value);
  if (!isCallable(value)) return null;
  if (wanted === 'node' || takesRequest(value)) return listenerOrFetch(value as Listener, isDefault, place);
  return wsgi(value);
}

async function listenerOrFetch(
  value: Listener,
  isDefault: boolean,
  { wanted, capture }: Place,
): Promise<Recognised> {
  if (wanted === null && isDefault && value.length === 1) return fetcher(value);
  const { adapt } = await nodeAdapter();
  return { kind: 'node', application: adapt(value, capture) };
}

export async function fetcher(value: unknown): Promise<Recognised> {
  const { fetchHandler } = await import('../adapters/fetch.js');
  return { kind: 'fetch', application: fetchHandler(value as Parameters<typeof fetchHandler>[0]) };
}

function wsgi(value: unknown): Recognised {
  return { kind: 'wsgi', application: value as Application };
}

async function fromFramework(value: unknown, capture: ListenCapture): Promise<Application | null> {
  const listener = await listenerOf(value);
  if (listener === null) return null;
  const { adapt, nodeHandler } = await nodeAdapter();
  return isHttpServer(listener) ? nodeHandler(listener) : adapt(listener, capture);
}

/** What `http.createServer` made, or what a framework puts in front of one. */
async function listenerOf(value: unknown): Promise<Listener | HttpServer | null> {
  if (isHttpServer(value)) return value;
  const app = value as Members;
  // Fastify; `routing` only works once the plugins are loaded.
  if (hasMethod(app, 'routing') && hasMethod(app, 'ready')) {
    await app.ready();
    return isHttpServer(app.server) ? app.server : (app.routing as Listener);
  }
  if (hasMethod(app, 'initialize') && isHttpServer(app.listener)) {
    await app.initialize(); // hapi
    return app.listener;
  }
  if (hasMethod(app, 'getHttpAdapter') && hasMethod(app, 'getHttpServer') && hasMethod(app, 'init')) {
    await app.init(); // NestJS
    return app.getHttpServer() as HttpServer;
  }
  if (hasMethod(app, 'callback') && Array.isArray(app.middleware)) return app.callback() as Listener; // Koa
  // Express and Connect are functions; polka is an object.
  if (typeof value === 'function' && hasMethod(app, 'handle') && hasMethod(app, 'use'))
    return value as Listener;
  if (hasMethod(app, 'handler') && hasMethod(app, 'listen')) {
    return (request, response) => (app.handler as Listener)(request, response);
  }
  // Restify.
  return hasMethod(app, 'listen') && isHttpServer(app.server) ? app.server : null;
}

/** Declared with `class`: it can only be made instances of. A function may be called even if it is meant as a constructor. */
export function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

function isCallable(value: unknown): value is (...args: never[]) => unknown {
  return typeof value === 'function' && !isClass(value);
}

function hasMethod<Name extends string>(
  value: unknown,
  name: Name,
): value is Members & Record<Name, (...args: unknown[]) => unknown> {
  const holds = typeof value === 'function' || (typeof value === 'object' && value !== null);
  return holds && typeof (value as Members)[name] === 'function';
}

/**
 * `(req, res) => …` and `(environ, startResponse) => …` are told apart by the name of what comes first, and by a third
 * parameter, as in `(req, res, next) => …`, where a bundler has made the names shorter.
 */
function takesRequest(value: { length: number }): boolean {
  const source = Function.prototype.toString.call(value);
  const first =
    /^(?:async\s*)?(?:function\b\s*\*?\s*[\w$]*\s*)?[\w$]*\s*\(?\s*([\w$]+)/.exec(source)?.[1] ?? '';
  return (value.length === 3 && first.length === 1) || requestName.test(first);
}

const requestName = /^_*(?:node|http|raw)?_?(?:req|request|incoming|incomingMessage)$/i;
