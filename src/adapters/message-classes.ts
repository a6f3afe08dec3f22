/**
 * What requests and responses are made as: Node's own classes, or those that a server was made with. For an Express
 * application they have from the beginning the prototypes that it gives every message as the first thing it does.
 *
 * To the V8 of Node 20 and 22 an object whose prototype was replaced is one of a kind: the next property that is added to
 * it begins a hidden class that no other object has, and every access of the framework to that message misses its inline
 * cache. Express adds a dozen, and most of what it costs is that. Replacing a prototype by the same one changes nothing.
 */
import { IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { PeerSocket } from './socket.js';

export interface MessageClasses {
  readonly Request: new (socket: PeerSocket) => IncomingMessage;
  readonly Response: new (request: IncomingMessage) => ServerResponse;
}

/** An Express application, as it documents itself: the prototypes of its messages are its properties. */
interface Application {
  readonly request: object;
  readonly response: object;
}

type NodeClass = typeof IncomingMessage | typeof ServerResponse;
type Make = (node: NodeClass, onFailure: () => void) => { prototype: object };

/** Where nobody’s prototypes are known, and for upgrades that Express never sees. */
export const nodeClasses = {
  Request: IncomingMessage,
  Response: ServerResponse,
} as unknown as MessageClasses;

/** More fields than a message has in the end. What the first messages do not use, V8 takes away again. */
const mostFields = 64;

/**
 * A constructor of what Node's constructor makes; Node's classes are functions, and made to be called by what inherits from
 * them. V8 keeps as many fields inside an object as the text of its constructor assigns, and the others in an array that
 * grows by three at a time: with a text that assigns none, Express cost 25 µs where it costs 18. A prototype that has changed
 * since may keep Node's constructor from its work: the message is one of Node's own class then.
 */
const roomy = new Function(
  'Node',
  'onFailure',
  `return function Message(from) {
    try {
      Node.call(this, from);
    } catch {
      onFailure();
      return new Node(from);
    }
    if (false) { ${Array.from({ length: mostFields }, (_, field) => `this.f${field} = 0;`).join(' ')} }
  }`,
) as Make;

/** Where a server keeps the classes that it was made with; the symbols are Node's own, and no name leads to them. */
const isOfRequests = (key: symbol) => key.description === 'IncomingMessage';
const isOfResponses = (key: symbol) => key.description === 'ServerResponse';

/** Remembers the classes of the application that was served last: nearly always there is but one. */
export class ClassesOf {
  #request: object | null = null;
  #response: object | null = null;
  #classes: MessageClasses = nodeClasses;
  #server: Server | null = null;
  #given: MessageClasses = nodeClasses;
  /** Until the application is given other prototypes. */
  readonly #giveUp = () => {
    this.#classes = nodeClasses;
  };

  /** @param listener what is called with the messages before anything else is */
  of(listener: unknown): MessageClasses {
    if (!hasPrototypes(listener)) return nodeClasses;
    const { request, response } = listener;
    if (request !== this.#request || response !== this.#response) {
      this.#request = request;
      this.#response = response;
      this.#classes = made(request, response, this.#giveUp);
    }
    return this.#classes;
  }

  /**
   * The server's own ones (`http.createServer({ IncomingMessage, ServerResponse })`), else those of its listener. Where
   * several hear of a request, none of them is the first to see it as its own.
   */
  ofServer(server: Server | null): MessageClasses {
    if (server === null) return nodeClasses;
    const given = this.givenTo(server);
    if (given !== nodeClasses) return given;
    const listeners = server.listeners('request');
    return listeners.length === 1 ? this.of(listeners[0]) : nodeClasses;
  }

  /** Those that a server was made with; Node's where it was made without. */
  givenTo(server: Server): MessageClasses {
    if (server !== this.#server) {
      this.#server = server;
      this.#given = given(server);
    }
    return this.#given;
  }
}

function given(server: Server): MessageClasses {
  const keys = Object.getOwnPropertySymbols(server);
  const madeWith = (key: symbol | undefined) => (server as unknown as Record<symbol, unknown>)[key!];
  const Request = madeWith(keys.find(isOfRequests));
  const Response = madeWith(keys.find(isOfResponses));
  const own = {
    Request: inherits(Request, IncomingMessage) ? Request : IncomingMessage,
    Response: inherits(Response, ServerResponse) ? Response : ServerResponse,
  };
  const isOwn = own.Request !== IncomingMessage || own.Response !== ServerResponse;
  return isOwn ? (own as unknown as MessageClasses) : nodeClasses;
}

function inherits(what: unknown, from: NodeClass): what is NodeClass {
  return typeof what === 'function' && what.prototype instanceof from;
}

function hasPrototypes(listener: unknown): listener is Application {
  if (typeof listener !== 'function') return false;
  const { request, response } = listener as Partial<Application>;
  return request instanceof IncomingMessage && response instanceof ServerResponse;
}

function made(request: object, response: object, onFailure: () => void): MessageClasses {
  const sample = new IncomingMessage(null as never);
  if (!leavesFields(request, sample) || !leavesFields(response, new ServerResponse(sample)))
    return nodeClasses;
  const Request = roomy(IncomingMessage, onFailure);
  const Response = roomy(ServerResponse, onFailure);
  Request.prototype = request;
  Response.prototype = response;
  return { Request, Response } as unknown as MessageClasses;
}

/**
 * False: the prototype has an accessor, or a constant, where a message has a field of its own. Behind the field it does
 * nothing; before the field is there, it would stop the constructor from making it.
 */
function leavesFields(prototype: object, message: object): boolean {
  const end = Object.getPrototypeOf(message);
  for (let of = prototype; of !== end; of = Object.getPrototypeOf(of)) {
    for (const name of Reflect.ownKeys(of)) {
      if (Object.hasOwn(message, name) && Object.getOwnPropertyDescriptor(of, name)?.writable !== true) {
        return false;
      }
    }
  }
  return true;
}
