/**
 * What a program may ask of its server, checked where it is asked: a misspelt name or a port that is none would otherwise
 * be a server that does something else.
 */
import type { Settings, SocketProtocol } from '../config/settings.js';
import { embeddingErrors as errors } from '../errors/embedding.js';

/** The options of the command line that make sense for one thread, under the names they have in `Settings`. */
export interface ServerOptions
  extends Partial<
    Pick<
      Settings,
      | 'bufferSize'
      | 'postBuffering'
      | 'limitPost'
      | 'socketTimeout'
      | 'httpKeepalive'
      | 'httpTimeout'
      | 'async'
    >
  > {
  /** Writes uWSGI's line for each request to stderr; false by default. */
  logRequests?: boolean;
}

export interface ListenOptions {
  /** A unix socket: a path, or `@name` in the abstract namespace. Its file is removed by `close()`. */
  socket?: string;
  /** A TCP socket; `127.0.0.1` by default: the uwsgi protocol has no authentication. */
  host?: string;
  /** 0 lets the kernel choose; see `address()`. */
  port?: number | string;
  /** `uwsgi` by default, for nginx's uwsgi_pass; `fastcgi` for fastcgi_pass, `scgi` for scgi_pass. */
  protocol?: SocketProtocol;
  /** Length of the accept queue; 4096 by default, at most net.core.somaxconn. */
  backlog?: number;
  /** Permission bits of a unix socket, such as 0o660; the umask decides by default. */
  mode?: number;
}

interface Rule {
  readonly wanted: string;
  holds(value: unknown): boolean;
}

const whole = (least: number, most = Number.MAX_SAFE_INTEGER): Rule => ({
  wanted: `a whole number ${most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `of at least ${least}`}`,
  holds: (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
});
/** As Node takes it: `process.env.PORT` is text. */
const port: Rule = {
  wanted: 'a whole number from 0 to 65535',
  holds: (value) => /^\d{1,5}$/.test(String(value)) && Number(value) <= 65535,
};
const text: Rule = { wanted: 'a string', holds: (value) => typeof value === 'string' && value !== '' };
const oneOf = (values: readonly string[]): Rule => ({
  wanted: `one of ${values.join(', ')}`,
  holds: (value) => values.includes(value as string),
});

const ofServer: Record<keyof ServerOptions, Rule> = {
  bufferSize: whole(1),
  postBuffering: whole(0),
  limitPost: whole(0),
  socketTimeout: whole(1),
  httpKeepalive: whole(0),
  httpTimeout: whole(1),
  async: whole(1),
  logRequests: { wanted: 'true or false', holds: (value) => typeof value === 'boolean' },
};

const ofListen: Record<keyof ListenOptions, Rule> = {
  socket: text,
  host: text,
  port,
  protocol: oneOf(['uwsgi', 'http', 'fastcgi', 'scgi']),
  backlog: whole(1, 0x7fffffff),
  mode: whole(0, 0o777),
};

/** The options that have a value; undefined is none. @throws UwsgiNodeError UWSGI_OPTION */
export function checkServerOptions(options: ServerOptions): ServerOptions {
  return check('createServer', options, ofServer);
}

/** @throws UwsgiNodeError UWSGI_OPTION, or UWSGI_LISTEN_ADDRESS where there is none, or two */
export function checkListenOptions(options: ListenOptions | undefined): ListenOptions {
  if (typeof options !== 'object' || options === null) throw errors.listenAddress();
  const checked = check('listen', options, ofListen);
  if ((checked.socket === undefined) === (checked.port === undefined)) throw errors.listenAddress();
  return checked;
}

function check<Options extends object>(
  call: string,
  options: Options,
  rules: Record<keyof Options, Rule>,
): Options {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!Object.hasOwn(rules, name)) throw errors.unknownOption(call, name, Object.keys(rules));
    const { wanted, holds } = rules[name as keyof Options];
    if (!holds(value)) throw errors.optionValue(call, name, wanted, value);
  }
  return Object.fromEntries(given) as Options;
}
