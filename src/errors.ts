/**
 * Every error this package throws on purpose, with its code and its words. Those of a configuration are many, and have a
 * file of their own: errors/configuration.ts; so have those of applications, of programs that embed the server, and the validator's.
 */
import { inspect } from 'node:util';
import type { Origin } from './config/origin.js';

export class UwsgiNodeError extends Error {
  override name = 'UwsgiNodeError';
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export const errors = {
  addonMissing: (tried: string[], cause: unknown) =>
    new UwsgiNodeError(
      'UWSGI_ADDON_MISSING',
      `the native addon cannot be loaded: ${cause instanceof Error ? cause.message.split('\n')[0] : String(cause)}. ` +
        `Tried ${tried.join(', ')}. In a clone build it with: npm run build; an installed package has binaries for ` +
        `Linux with glibc 2.36 or newer only`,
      { cause },
    ),
};

/** Why a server could not start: what the master met on its way to the first worker. */
export const startErrors = {
  bind: (address: string, origin: Origin, cause: NodeJS.ErrnoException) =>
    new UwsgiNodeError(
      'UWSGI_BIND',
      `${place(origin)}: cannot listen on ${address}: ${cause.message}${advice(bindAdvice, cause)}`,
      { cause },
    ),
  unresolvedHost: (address: string, origin: Origin) =>
    new UwsgiNodeError(
      'UWSGI_UNRESOLVED_HOST',
      `${place(origin)}: cannot listen on ${address}: the name ${address.slice(0, address.lastIndexOf(':'))} has no address; ` +
        'correct it, or write the address of an interface (0.0.0.0 for all of them)',
    ),
  notASocket: (path: string, origin: Origin) =>
    new UwsgiNodeError(
      'UWSGI_NOT_A_SOCKET',
      `${place(origin)}: cannot listen on ${path}: a file that is not a socket is in the way; ` +
        'move it away or choose another name',
    ),
  chownSocket: (path: string, uid: number, gid: number, cause: NodeJS.ErrnoException) =>
    new UwsgiNodeError(
      'UWSGI_CHOWN_SOCKET',
      `cannot give the socket ${path} to user ${uid}, group ${gid} (-1: unchanged): ${cause.message}; ` +
        'only root can give files to another user, and others only to a group of their own',
      { cause },
    ),
  changeDirectory: (path: string, cause: NodeJS.ErrnoException) =>
    new UwsgiNodeError(
      'UWSGI_CHDIR',
      `chdir = ${path}: cannot work in this directory: ${cause.message}; create it, or correct the name`,
      { cause },
    ),
  logFile: (option: string, path: string, cause: NodeJS.ErrnoException) =>
    new UwsgiNodeError(
      'UWSGI_LOG_FILE',
      `${option} = ${path}: cannot write the log there: ${cause.message}; ` +
        'its directory must exist, and the user of the server must be allowed to write the file',
      { cause },
    ),
  logOverUdp: (option: string, address: string) =>
    new UwsgiNodeError(
      'UWSGI_LOG_OVER_UDP',
      `${option} = ${address}: this is a UDP address; for datagrams write logger = socket:${address}, for a file of that name ./${address}`,
    ),
  unknownUser: (option: string, name: string, file: string) =>
    new UwsgiNodeError(
      'UWSGI_UNKNOWN_USER',
      `${option} = ${name}: there is no such user in ${file}; create it, or write a number`,
    ),
  unknownGroup: (option: string, name: string, file: string) =>
    new UwsgiNodeError(
      'UWSGI_UNKNOWN_GROUP',
      `${option} = ${name}: there is no such group in ${file}; create it, or write a number`,
    ),
  groupNeeded: (uid: string) =>
    new UwsgiNodeError(
      'UWSGI_GROUP_NEEDED',
      `uid = ${uid}: /etc/passwd has no user with this number, so its group is unknown; add gid = <group>`,
    ),
  privileges: (step: string, cause: NodeJS.ErrnoException) =>
    new UwsgiNodeError('UWSGI_PRIVILEGES', `${step}: ${cause.message}; the server does not go on as root`, {
      cause,
    }),
  pidfile: (option: string, path: string, cause: NodeJS.ErrnoException) =>
    new UwsgiNodeError(
      'UWSGI_PIDFILE',
      `${option} = ${path}: cannot write the pid file: ${cause.message}; ` +
        'its directory must exist, and the user of the server must be allowed to write there',
      { cause },
    ),
  fifo: (path: string, cause: NodeJS.ErrnoException) =>
    new UwsgiNodeError(
      'UWSGI_FIFO',
      `master-fifo = ${path}: ${cause.message}; ` +
        'its directory must exist, and the user of the server must be allowed to write there',
      { cause },
    ),
  notAFifo: (path: string) =>
    new UwsgiNodeError(
      'UWSGI_FIFO',
      `master-fifo = ${path}: a file that is not a fifo is in the way; move it away or choose another name`,
    ),
  noPid: (option: string, path: string) =>
    new UwsgiNodeError(
      'UWSGI_NO_INSTANCE',
      `--${option} ${path}: there is no pid in this file; name the file that the instance has as its pidfile`,
    ),
  noInstance: (option: string, path: string, cause: NodeJS.ErrnoException) =>
    new UwsgiNodeError(
      'UWSGI_NO_INSTANCE',
      `--${option} ${path}: ${cause.code === 'ESRCH' ? 'the process whose pid it holds has ended' : cause.message}; ` +
        'nothing was done',
      { cause },
    ),
  notAServer: () =>
    new UwsgiNodeError(
      'UWSGI_NOT_A_SERVER',
      'the configuration asks for a text to be printed, not for a server; take that line out and reload again',
    ),
  endedWhileLoading: (code: number) =>
    new UwsgiNodeError(
      'UWSGI_ENDED_WHILE_LOADING',
      `the application called process.exit(${code}) while it was loaded; its module must return from loading`,
    ),
  messagesVersion: (starter: number, own: number) =>
    new UwsgiNodeError(
      'UWSGI_MESSAGES_VERSION',
      `the package was replaced while the server ran: this one speaks version ${own} of the server's messages, ` +
        `and who has started it version ${starter}`,
    ),
  unfitProgram: (how: string) =>
    new UwsgiNodeError(
      'UWSGI_UNFIT_PROGRAM',
      `the package was replaced, and the new one cannot go on with this configuration${how}; ` +
        'what it says of that stands above',
    ),
  notExecuted: (reason: string) =>
    new UwsgiNodeError(
      'UWSGI_NOT_EXECUTED',
      `the package was replaced, and the new one cannot be executed: ${reason}; stop the server and start it again`,
    ),
};

/** `myapp.ini:12` or `command line`. */
export function place({ file, line }: Origin): string {
  if (file === null) return 'command line';
  return line === null ? file : `${file}:${line}`;
}

const bindAdvice: Record<string, string> = {
  EADDRINUSE: 'another process listens there; stop it (ss -lntp shows which it is) or choose another address',
  EACCES: 'the directory must be writable for this user; ports below 1024 need root or CAP_NET_BIND_SERVICE',
  ENOENT: 'create its directory first',
  EADDRNOTAVAIL: 'no interface of this machine has that address',
  ENAMETOOLONG: 'a unix address holds 107 bytes; choose a shorter path',
};

function advice(table: Record<string, string>, { code = '' }: NodeJS.ErrnoException): string {
  return table[code] === undefined ? '' : `; ${table[code]}`;
}

/** Why the application was not found. */
export const loadErrors = {
  noneNamed: () =>
    new UwsgiNodeError(
      'UWSGI_NO_APP',
      'no application is named: add module = wsgi:application (a file wsgi.js that exports application), or wsgi-file = PATH',
    ),
  noModule: (name: string, cwd: string, endings: readonly string[]) =>
    new UwsgiNodeError(
      'UWSGI_NO_MODULE',
      `there is no module ${name}: looked in ${cwd} for ${name} with .${endings.join(', .')}, for a folder of that name with an index file, and for an installed package`,
    ),
  noFile: (file: string) =>
    new UwsgiNodeError('UWSGI_NO_FILE', `there is no file ${file} (option wsgi-file)`),
  noTypeScript: (file: string, version: string) =>
    new UwsgiNodeError(
      'UWSGI_NO_TYPESCRIPT',
      `${file} is TypeScript, which this Node (${version}) does not run; Node 22.18 or newer does. Or compile it to JavaScript and name that file`,
    ),
  noCallable: (file: string, callable: string, exported: string) =>
    new UwsgiNodeError(
      'UWSGI_NO_CALLABLE',
      `${file} does not export a function called ${callable}; ` +
        (exported === '' ? 'it exports nothing' : `it exports ${exported}`) +
        `. Add exports.${callable} = ${callable} (or export it in an ES module), or name another with callable = NAME`,
    ),
  addonOfOneThread: (file: string, addon: string) =>
    new UwsgiNodeError(
      'UWSGI_ADDON_OF_ONE_THREAD',
      `${file} loads the native addon ${addon}, which was written for one thread of a process (it is not context-aware). ` +
        'Write threads = 1 and more processes, or use a release of the addon for worker threads',
    ),
  cluster: (file: string) =>
    new UwsgiNodeError(
      'UWSGI_CLUSTER',
      `${file} forks workers with node:cluster; here processes = N does that. Let it call listen() without cluster, or export the application`,
    ),
  neverListened: (file: string, call: string) =>
    new UwsgiNodeError(
      'UWSGI_NEVER_LISTENED',
      `${file} never called ${call} of an HTTP server; write it with the port or path that the application listens on, as in callable = listen(3000)`,
    ),
  aClass: (file: string, callable: string) =>
    new UwsgiNodeError(
      'UWSGI_A_CLASS',
      `${callable} of ${file} is a class, which no request can call: export a function, such as one that has made an instance, ` +
        '(environ, startResponse) => app.handle(environ, startResponse), or an object with a fetch method',
    ),
  notHttp: (file: string, { isHttp2, call }: { isHttp2: boolean; call: string }) =>
    new UwsgiNodeError(
      'UWSGI_NOT_HTTP',
      isHttp2
        ? `${file} starts an HTTP/2 server (${call}); front servers speak HTTP/2 to clients and HTTP/1.1 to applications. ` +
            'Give its listener to http.createServer(listener), or make it with http2.createSecureServer({ allowHTTP1: true })'
        : `${file} exports no application, and the server that it starts (${call}) takes connections and not requests: it is one ` +
            'of node:net or node:tls. Only what http.createServer or https.createServer makes is caught',
    ),
  notAFunction: (file: string, callable: string, returned: unknown) =>
    new UwsgiNodeError(
      'UWSGI_NOT_A_FUNCTION',
      `${callable}() of ${file} returned ${show(returned)} instead of an application (a function)`,
    ),
};

/** A value as an error message shows it: short, on one line. */
export function show(value: unknown): string {
  const text = inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** HTTP engines. */
export const httpErrors = {
  uwsMissing: (names: readonly string[], cause: unknown) =>
    new UwsgiNodeError(
      'UWSGI_UWS_MISSING',
      cause === undefined
        ? `neither ${names.join(' nor ')} is installed beside the application`
        : `the binary of uWebSockets.js does not load: ${String((cause as Error).message ?? cause).split('\n')[0]}`,
      { cause },
    ),
  uwsPlaceholder: (name: string) =>
    new UwsgiNodeError(
      'UWSGI_UWS_PLACEHOLDER',
      `the package ${name} has no App; install a release from GitHub, or uwebsockets from the registry`,
    ),
  uwsCannotListen: (name: string) =>
    new UwsgiNodeError(
      'UWSGI_UWS_CANNOT_LISTEN',
      `${name}: uWebSockets.js could not bind a port of 127.0.0.1 to put under this listener; are all of them in use?`,
    ),
};
