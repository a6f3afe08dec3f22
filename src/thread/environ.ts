/**
 * From a packet to an environ object.
 *
 * The addon hands over the vars block as one latin-1 string with the places of its keys and values, and says which
 * sequence of keys it is (native/core/var_layouts.h). For a known sequence a constructor with just those keys is
 * compiled: every request then gets an object of the same shape in one go (0.4 µs instead of 2-4 µs for 20 vars). A
 * value that came before, as those of the front server's configuration do, is the string that was made then.
 * Of an unknown sequence the part that the front server's configuration decides is built that way and the client's
 * headers are added one by one, to a dictionary: thousands of hidden classes, one for each set of headers, fit no cache.
 */
import { Buffer } from 'node:buffer';
import { headerNamesOf, type Learned } from '../adapters/request.js';
import { Fact, MAX_VARS, UNKNOWN_LAYOUT, UNKNOWN_NAME } from '../native.js';
import { fileWrapper } from '../wsgi/file-wrapper.js';
import type { WsgiInput } from '../wsgi/input.js';
import type { Environ, ErrorStream } from '../wsgi/types.js';

/** Keys that are the same for every request of a thread. */
export interface EnvironConstants {
  multithread: boolean;
  multiprocess: boolean;
  version: string;
  node: string;
  errors: ErrorStream;
}

/** What an environ's `uwsgi.signal` is taken from, on first touch: an AbortController costs more than a whole environ. */
export interface SignalSource {
  readonly signal: AbortSignal;
}

/** Finds the request of an environ. A symbol, so that it is no key of the application's, yet is copied with the rest. */
export const source = Symbol('request');

/** Not an own key: an accessor defined once for all requests costs none of them anything. */
export const environPrototype: object = Object.create(Object.prototype, {
  'uwsgi.signal': {
    get(this: { [source]?: SignalSource }): AbortSignal | undefined {
      return this[source]?.signal;
    },
    set(this: object, value: unknown) {
      define(this, 'uwsgi.signal', value);
    },
    enumerable: true,
    configurable: true,
  },
});

/** The key of an object under construction that is taken away again; no var has it. */
const lost = Symbol('lost');

export const wsgiVersion = Object.freeze([1, 0] as const);

type Places = Uint16Array;
type EnvironConstructor = new (
  text: string,
  places: Places,
  input: WsgiInput,
  request: SignalSource,
  held: number,
  /** Where in the packet's vars the text begins. */
  from: number,
) => Environ;

/** What is compiled for a sequence of keys. */
interface Layout {
  Environ: EnvironConstructor;
  /** Holds values of a packet for later ones that have them, too. Bit i stands for var i. */
  keep(text: string, places: Places, vars: number): void;
}

/** A sparse packet is legal; these keys are always there (PEP 3333, "environ Variables"; RFC 3875). */
const required: Record<string, string> = {
  REQUEST_METHOD: 'GET',
  SCRIPT_NAME: '',
  PATH_INFO: '',
  QUERY_STRING: '',
  SERVER_PROTOCOL: 'HTTP/1.0',
};

/** The server's own keys: no var of a packet takes their place. */
const own = new Set([
  'wsgi.version',
  'wsgi.url_scheme',
  'wsgi.input',
  'wsgi.errors',
  'wsgi.multithread',
  'wsgi.multiprocess',
  'wsgi.run_once',
  'wsgi.file_wrapper',
  'uwsgi.version',
  'uwsgi.node',
  'uwsgi.signal',
]);

const decideScheme = new Set(['HTTPS', 'REQUEST_SCHEME']);

/** Joins a repeated header as RFC 9110, section 5.3, has it; nginx before 1.23 repeats the var. Cookies: RFC 6265, 5.4. */
function separator(name: string): string {
  return name === 'HTTP_COOKIE' ? '; ' : ', ';
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}

/** One for each engine; reads the arrays that the addon fills before it calls. */
export class EnvironBuilder {
  readonly places = new Uint16Array(MAX_VARS * 4);
  readonly names = new Uint16Array(MAX_VARS);
  readonly facts = new Uint32Array(Fact.length);

  readonly #constants: EnvironConstants;
  /** Whether who gets the environ looks for `headerNamesOf`. */
  readonly #namesHeaders: boolean;
  readonly #layouts: Layout[] = [];
  readonly #prefixes: EnvironConstructor[] = [];
  readonly #known: string[] = [];
  #empty: EnvironConstructor | null = null;

  constructor(constants: EnvironConstants, namesHeaders = false) {
    this.#constants = constants;
    this.#namesHeaders = namesHeaders;
  }

  /**
   * @param text the packet's vars, or as much of them as holds the values that did not come before; Fact.textBegin says
   *   from where
   */
  build(text: string, input: WsgiInput, request: SignalSource): Environ {
    const facts = this.facts;
    const layout = facts[Fact.layout]!;
    let environ: Environ;
    if (layout !== UNKNOWN_LAYOUT) {
      if (facts[Fact.fresh] === 1)
        this.#layouts[layout] = this.#compileLayout(this.#keys(text, facts[Fact.count]!));
      const known = this.#layouts[layout]!;
      const keep = facts[Fact.keep]!;
      if (keep !== 0) known.keep(text, this.places, keep);
      environ = new known.Environ(
        text,
        this.places,
        input,
        request,
        facts[Fact.held]!,
        facts[Fact.textBegin]!,
      );
    } else {
      environ = this.#fill(text, input, request);
    }
    if (facts[Fact.modifier1] === 30) stripScriptName(environ);
    if (facts[Fact.needsPath] === 1) derivePathInfo(environ);
    return environ;
  }

  /** Keys one by one, after the prefix if that is known. */
  #fill(text: string, input: WsgiInput, request: SignalSource): Environ {
    const { facts, places, names } = this;
    const count = facts[Fact.count]!;
    const prefixCount = facts[Fact.prefixCount]!;
    const repeats = facts[Fact.repeats] === 1;
    const environ = this.#begin(text, input, request, prefixCount);
    const headers: string[] | null = this.#namesHeaders ? [] : null;
    for (let i = prefixCount, at = prefixCount * 4; i < count; i++, at += 4) {
      const name = repeats ? undefined : this.#known[names[i]!];
      const value = text.slice(places[at + 2], places[at + 3]);
      if (name === undefined) this.#add(environ, text.slice(places[at], places[at + 1]), names[i]!, value);
      else {
        environ[name] = value;
        headers?.push(name);
      }
    }
    if (headers?.length === count - prefixCount) (environ as Learned)[headerNamesOf] = headers;
    return environ;
  }

  /** Adds a var that may be there already, or whose name may be special; learns the names that are not. */
  #add(environ: Environ, name: string, number: number, value: string): void {
    if (name.startsWith('HTTP_')) {
      if (number !== UNKNOWN_NAME) this.#known[number] = name;
      const before = environ[name];
      environ[name] = before === undefined ? value : before + separator(name) + value;
    } else if (!own.has(name)) {
      if (name === '__proto__') define(environ, name, value);
      else environ[name] = value;
      if (decideScheme.has(name))
        environ['wsgi.url_scheme'] = urlScheme(environ.HTTPS, environ.REQUEST_SCHEME);
    }
  }

  #begin(text: string, input: WsgiInput, request: SignalSource, prefixCount: number): Environ {
    const prefix = this.facts[Fact.prefix]!;
    if (prefix === UNKNOWN_LAYOUT) {
      this.#empty ??= this.#compilePrefix([]);
      return new this.#empty(text, this.places, input, request, 0, 0);
    }
    if (this.facts[Fact.prefixFresh] === 1)
      this.#prefixes[prefix] = this.#compilePrefix(this.#keys(text, prefixCount));
    return new this.#prefixes[prefix]!(text, this.places, input, request, 0, 0);
  }

  #keys(text: string, count: number): string[] {
    return Array.from({ length: count }, (_, i) => text.slice(this.places[i * 4], this.places[i * 4 + 1]));
  }

  /** For a packet that has no other vars: adapters need not look for the headers again. */
  #compileLayout(keys: string[]): Layout {
    const { always, vars } = this.#assignments(keys, (i) =>
      i < MAX_HELD ? `(held & ${1 << i} ? v${i} : ${partOf(i)})` : partOf(i),
    );
    const heldValues = keys.slice(0, MAX_HELD).map((_, i) => i);
    const layout = this.#compile(
      [...always, ...vars],
      heldValues.map((i) => `if (vars & ${1 << i}) v${i} = flat(${sliceOf(i)});`),
      heldValues.map((i) => `let v${i} = '';`),
    );
    const value = Object.freeze([...new Set(keys)].filter((key) => key.startsWith('HTTP_')));
    (layout.Environ as { prototype: object }).prototype = Object.create(environPrototype, {
      [headerNamesOf]: { value },
    });
    return layout;
  }

  /** For a packet whose other vars are added afterwards: V8 makes a dictionary of an object that loses its first key. */
  #compilePrefix(keys: string[]): EnvironConstructor {
    const { always, vars } = this.#assignments(keys, sliceOf);
    return this.#compile(['this[lost] = null;', ...always, ...vars, 'delete this[lost];']).Environ;
  }

  /**
   * The statements that fill an environ: what is always there first, as when vars are added one by one.
   * @param expression the value of a var by its number
   */
  #assignments(keys: string[], expression: (i: number) => string): { always: string[]; vars: string[] } {
    const values = new Map(Object.entries(required).map(([key, value]) => [key, JSON.stringify(value)]));
    keys.forEach((key, i) => {
      if (own.has(key)) return;
      const value = expression(i);
      const before = key.startsWith('HTTP_') ? values.get(key) : undefined;
      values.set(key, before === undefined ? value : `${before} + '${separator(key)}' + ${value}`);
    });
    const lines = [...values].map(([key, value]) =>
      key === '__proto__'
        ? `define(this, '__proto__', ${value});`
        : `this[${JSON.stringify(key)}] = ${value};`,
    );
    const requiredCount = Object.keys(required).length;
    const always = [
      ...lines.slice(0, requiredCount),
      "this['wsgi.version'] = wsgiVersion;",
      `this['wsgi.url_scheme'] = urlScheme(${values.get('HTTPS')}, ${values.get('REQUEST_SCHEME')});`,
      "this['wsgi.input'] = input;",
      "this['wsgi.errors'] = errors;",
      "this['wsgi.multithread'] = multithread;",
      "this['wsgi.multiprocess'] = multiprocess;",
      "this['wsgi.run_once'] = false;",
      "this['wsgi.file_wrapper'] = fileWrapper;",
      "this['uwsgi.version'] = version;",
      "this['uwsgi.node'] = node;",
      'this[source] = request;',
    ];
    return { always, vars: lines.slice(requiredCount) };
  }

  #compile(statements: string[], keeping: string[] = [], held: string[] = []): Layout {
    const layout: Layout = new Function(
      'constants',
      'source',
      'lost',
      'wsgiVersion',
      'urlScheme',
      'define',
      'flat',
      'fileWrapper',
      `const { version, node, errors, multithread, multiprocess } = constants;
      ${held.join('\n')}
      return {
        Environ: function Environ(text, places, input, request, held, from) {
          ${statements.join('\n')}
        },
        keep(text, places, vars) {
          ${keeping.join('\n')}
        },
      };`,
    )(this.#constants, source, lost, wsgiVersion, urlScheme, define, flat, fileWrapper);
    (layout.Environ as { prototype: object }).prototype = environPrototype;
    return layout;
  }
}

/** Vars of a layout whose values are held, from the first on: the bits of a small integer (native/core/var_layouts.h). */
const MAX_HELD = 31;

/** The value of a var in the whole text, and in one that begins later. */
const sliceOf = (i: number) => `text.slice(places[${i * 4 + 2}], places[${i * 4 + 3}])`;
const partOf = (i: number) => `text.slice(places[${i * 4 + 2}] - from, places[${i * 4 + 3}] - from)`;

/** A slice keeps the whole text of its packet. */
function flat(value: string): string {
  return Buffer.from(value, 'latin1').toString('latin1');
}

/**
 * `wsgi.url_scheme` from what the front server says of the connection (nginx's uwsgi_params). Headers of the client's,
 * such as X-Forwarded-Proto, are not believed.
 */
function urlScheme(https: unknown, scheme: unknown): string {
  if (scheme === 'https' || https === 'on' || https === '1') return 'https';
  return 'http';
}

/** Modifier 30 of old nginx configurations: PATH_INFO still begins with SCRIPT_NAME. */
function stripScriptName(environ: Environ): void {
  const { SCRIPT_NAME, PATH_INFO } = environ;
  if (SCRIPT_NAME !== '' && (PATH_INFO === SCRIPT_NAME || PATH_INFO.startsWith(`${SCRIPT_NAME}/`))) {
    environ.PATH_INFO = PATH_INFO.slice(SCRIPT_NAME.length);
  }
}

/**
 * The stock params of FastCGI and SCGI have no PATH_INFO. nginx's fastcgi_params and Apache put the whole path, decoded,
 * into SCRIPT_NAME, nginx's scgi_params into DOCUMENT_URI; both have REQUEST_URI. An application has the whole path to
 * itself then, as under flup. Who mounts it below a prefix sets both SCRIPT_NAME and PATH_INFO.
 */
function derivePathInfo(environ: Environ): void {
  const { SCRIPT_NAME, DOCUMENT_URI, REQUEST_URI } = environ;
  environ.SCRIPT_NAME = '';
  if (SCRIPT_NAME !== '') environ.PATH_INFO = SCRIPT_NAME;
  else if (typeof DOCUMENT_URI === 'string') environ.PATH_INFO = DOCUMENT_URI;
  else if (typeof REQUEST_URI === 'string') environ.PATH_INFO = decodePath(REQUEST_URI);
}

/** The path of a request target, percent-decoded to one character a byte. */
function decodePath(target: string): string {
  const [path] = target.split('?', 1);
  return path!.replace(/%[0-9a-f]{2}/gi, (byte) => String.fromCharCode(Number.parseInt(byte.slice(1), 16)));
}
