/**
 * Everything that can be wrong with a configuration, in words.
 */
import { UwsgiNodeError } from '../errors.js';

/** The words of one thing that is wrong in a configuration: what, and what would be right. */
export interface ProblemText {
  readonly code: string;
  readonly message: string;
}

/** One mistake in a configuration and where it is. */
export interface Problem extends ProblemText {
  /** `myapp.ini:12`, `command line`, `environment`. */
  readonly where: string;
  /** The line, as it was read after expansion: `processes = four`. Empty where no single line is wrong. */
  readonly text: string;
}

/** Why a configuration was refused: everything that is wrong in it, not only the first thing. */
export class ConfigurationError extends UwsgiNodeError {
  override name = 'ConfigurationError';
  constructor(
    readonly problems: readonly Problem[],
    /** What would have been warned about, so that one look is enough. */
    readonly warnings: readonly Problem[] = [],
  ) {
    const texts = [
      ...problems.map(formatProblem),
      ...warnings.map((each) => `warning: ${formatProblem(each)}`),
    ];
    super('UWSGI_CONFIGURATION', texts.join('\n'));
  }
}

/** `myapp.ini:12: processes = four: not a whole number…` */
export function formatProblem({ where, text, message }: Problem): string {
  return [where, text, message].filter((part) => part !== '').join(': ');
}

const problem = (code: string, message: string): ProblemText => ({ code, message });
/** A value in a message; a long one is cut. */
const quote = (value: string) => JSON.stringify(value.length > 200 ? `${value.slice(0, 200)}…` : value);
const suggestion = (nearest: string | null) => (nearest ? `; did you mean ${nearest}?` : '');

/** Everything that can be wrong with a configuration. */
export const problems = {
  unknownOption: (name: string, nearest: string | null) =>
    problem('UNKNOWN_OPTION', `there is no option ${name}${suggestion(nearest)} (--help lists them all)`),
  ambiguousOption: (prefix: string, candidates: readonly string[]) =>
    problem('AMBIGUOUS_OPTION', `${prefix} could be ${candidates.join(' or ')}; write more of the name`),
  missingArgument: (name: string, metavar: string) =>
    problem('MISSING_ARGUMENT', `--${name} needs a value: --${name} ${metavar}`),
  notAnArgument: (argument: string) =>
    problem(
      'NOT_AN_ARGUMENT',
      `${argument} is neither a configuration file (.ini .yaml .yml .json .xml) nor an application ` +
        '(.js .mjs .cjs .ts, or module:callable); an option that takes no value is followed by none',
    ),
  strayAddress: (word: string) =>
    problem(
      'STRAY_ADDRESS',
      `${word} is an address without its option; write --socket ${word} for nginx (uwsgi_pass), --http-socket ${word} for browsers`,
    ),
  straySection: (word: string, format: string) =>
    problem('STRAY_SECTION', `${word} names a section, which takes the option: write --${format} ${word}`),
  strayOption: (name: string, metavar: string) =>
    problem('STRAY_OPTION', `${name} is an option; write --${name}${metavar === '' ? '' : ` ${metavar}`}`),
  strayFolder: (word: string) =>
    problem(
      'STRAY_FOLDER',
      `${word} is a folder; name a file in it, or write --module ${word} for an application in its index file`,
    ),
  strayFile: (word: string) =>
    problem(
      'STRAY_FILE',
      `${word} does not tell by its ending what it is; write --ini ${word} for a configuration (or --yaml, --json, --xml), ` +
        `--wsgi-file ${word} for an application`,
    ),
  notThere: (word: string, path: string) =>
    problem(
      'NOT_THERE',
      `there is no file ${path}, and ${word} has no ending of a configuration (.ini .yaml .yml .json .xml) or an application ` +
        '(.js .mjs .cjs .ts)',
    ),
  notANumber: (value: string) =>
    problem('NOT_A_NUMBER', `${quote(value)} is not a whole number; write digits only, without a unit`),
  outOfRange: (value: number, min: number, max: number) =>
    problem(
      'OUT_OF_RANGE',
      `${value} is out of range; it must be ${max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `between ${min} and ${max}`}`,
    ),
  emptyValue: () => problem('EMPTY_VALUE', 'the value is empty'),
  invalidMode: (value: string) =>
    problem('INVALID_MODE', `${quote(value)} is not a file mode; write three octal digits, such as 664`),
  invalidUmask: (value: string) =>
    problem('INVALID_UMASK', `${quote(value)} is not a mask; write octal digits, such as 022`),
  invalidAddress: (address: string, reason: string) =>
    problem(
      'INVALID_ADDRESS',
      `${quote(address)} is not an address: ${reason}; write a path, @name, host:port, :port or [ipv6]:port`,
    ),
  invalidInspect: (value: string) =>
    problem(
      'INVALID_INSPECT',
      `${quote(value)} is not where debuggers could connect; write PORT, HOST:PORT or [IPV6]:PORT, or nothing for 127.0.0.1:9229`,
    ),
  inspectWorkerOutside: (processes: number) =>
    problem('INSPECT_WORKER_OUTSIDE', `there is no such worker: processes is ${processes}`),
  invalidProtocol: (name: string) =>
    problem('INVALID_PROTOCOL', `there is no protocol ${quote(name)}; write uwsgi, fastcgi, scgi or http`),
  protocolNotYet: (name: string) =>
    problem('PROTOCOL_NOT_YET', `the protocol ${name} is not there yet; write uwsgi, fastcgi, scgi or http`),
  invalidVariable: (value: string) =>
    problem('INVALID_VARIABLE', `${quote(value)} is not an assignment; write NAME=value`),
  invalidMount: (value: string) =>
    problem(
      'INVALID_MOUNT',
      `${quote(value)} is not a mount; write /path=module:callable or /path=file.js (host names are not there yet)`,
    ),
  invalidHeader: (value: string) =>
    problem('INVALID_HEADER', `${quote(value)} is not a header; write Name: value`),
  invalidHeaderName: (value: string) =>
    problem('INVALID_HEADER', `${quote(value)} is not the name of a header; write one name, without a colon`),
  addedHeadersTooLarge: (most: number) =>
    problem('HEADERS_TOO_LARGE', `all added headers together may have ${most} bytes, which are reached here`),
  headerOfConnection: (name: string) =>
    problem(
      'HEADER_OF_CONNECTION',
      `${name} is not added: it says how a response goes over its connection, which the server itself decides`,
    ),
  invalidStaticMap: (value: string) =>
    problem('INVALID_STATIC_MAP', `${quote(value)} maps nothing; write /path=DIR`),
  missingFolder: (path: string) =>
    problem('MISSING_FOLDER', `there is no ${path}; the application answers until there is`),
  invalidExpires: (value: string, form: string) =>
    problem('INVALID_EXPIRES', `${quote(value)} is not understood here; write ${form}`),
  invalidChoice: (value: string, choices: readonly string[]) =>
    problem('INVALID_CHOICE', `${quote(value)} is not one of ${choices.join(', ')}`),
  algorithmAbsent: (name: string) => problem('ALGORITHM_ABSENT', `${name} is not there; spare is used`),
  cheaperTooLarge: (processes: number) =>
    problem('CHEAPER_TOO_LARGE', `it must be less than processes, which is ${processes}`),
  cheaperInitialOutside: (cheaper: number, processes: number) =>
    problem(
      'CHEAPER_INITIAL_OUTSIDE',
      `it must be between cheaper and processes, so between ${cheaper} and ${processes}`,
    ),
  noSharedSocket: (number: string, count: number) =>
    problem(
      'NO_SHARED_SOCKET',
      `there is no shared socket ${quote(number)}: ${count === 0 ? 'add a line shared-socket = ADDRESS' : `the numbers go from 0 to ${count - 1}`}`,
    ),
  socketTwice: (where: string) =>
    problem('SOCKET_TWICE', `this socket is listened on already (${where}); take one of the two lines out`),
  invalidHook: (value: string, actions: readonly string[]) =>
    problem(
      'INVALID_HOOK',
      `${quote(value)} is not an action that is there; write ACTION:ARGUMENT, with one of ${actions.join(', ')}`,
    ),
  invalidSmartDaemon: (value: string) =>
    problem(
      'INVALID_DAEMON',
      `${quote(value)} is not PIDFILE COMMAND or PIDFILE,FREQ COMMAND, with FREQ in seconds`,
    ),
  invalidDaemon: (reason: string, keys: readonly string[]) =>
    problem(
      'INVALID_DAEMON',
      `${reason}; write cmd=COMMAND,KEY=VALUE,… with ${keys.join(', ')}, and "…" around a value with commas`,
    ),
  daemonKeyIgnored: (key: string) =>
    problem(
      'DAEMON_KEY_IGNORED',
      key === 'stopsignal' || key === 'reloadsignal'
        ? `${key} is not sent to a program with a pid file, which outlives the server, unless notifypid=1 is there`
        : `${key} is not done here; the program is started without it`,
    ),
  invalidTouchExec: (value: string) => problem('INVALID_TOUCH_EXEC', `${quote(value)} is not FILE COMMAND`),
  invalidCron: (reason: string) =>
    problem(
      'INVALID_CRON',
      `${reason}; write MIN HOUR DAY MONTH WDAY COMMAND, each a number, -1 for any or -N for every N, and a line for each of several times`,
    ),
  invalidKeyedCron: (reason: string, keys: readonly string[]) =>
    problem(
      'INVALID_CRON',
      `${reason}; write KEY=VALUE,… COMMAND without blanks before the command, with ${keys.join(', ')}`,
    ),
  cronForLegion: () =>
    problem(
      'CRON_FOR_LEGION',
      'there are no legions here, so nobody would be its lord: the command does not run',
    ),
  twoApplications: (first: string) =>
    problem('TWO_APPLICATIONS', `one application is named already (${first}); keep one of the two`),
  noSocket: (emperor: boolean) =>
    problem(
      'NO_SOCKET',
      emperor
        ? 'emperor mode is not there yet, and without it there is no socket; start every vassal as an instance of its own'
        : 'there is no socket to listen on; add socket = app.sock for nginx (uwsgi_pass), or http-socket = :8080 for browsers',
    ),
  passedToAnother: (pid: string) =>
    problem(
      'PASSED_TO_ANOTHER',
      `systemd has passed sockets to the process ${pid} and not to this one; let ExecStart name uwsgi-node itself, not npx or a shell`,
    ),
  noApplication: () =>
    problem(
      'NO_APPLICATION',
      'no application is named; add module = wsgi:application or wsgi-file = app.js (or need-app = false to start without one)',
    ),
  /** @param path where it was looked for, where the name alone does not say that */
  unreadableFile: (file: string, reason: string, path = file) =>
    problem('UNREADABLE_FILE', `${file} cannot be read: ${reason}${path === file ? '' : ` (${path})`}`),
  notUtf8: () => problem('NOT_UTF8', 'this file is not UTF-8 and is read as ISO 8859-1; save it as UTF-8'),
  remoteConfiguration: (name: string) =>
    problem(
      'REMOTE_CONFIGURATION',
      `${name} is not fetched: whoever answers there, or on the way, would decide what runs here. Fetch it first and name the file`,
    ),
  unknownScheme: (name: string, scheme: string) =>
    problem(
      'UNKNOWN_SCHEME',
      `${name} cannot be read: there is no scheme ${scheme}; write a path, - , fd://N or exec://command`,
    ),
  unknownFormat: (name: string) =>
    problem(
      'UNKNOWN_FORMAT',
      `${quote(name)} has no known ending (.ini .yaml .yml .json .js .xml); behind a :section, name the format: ini = ${name || 'FILE'}`,
    ),
  circle: (file: string) =>
    problem(
      'CIRCLE',
      `reading ${file} once more would never end: it includes itself, or too many files include others`,
    ),
  tooManyLines: (most: number) =>
    problem(
      'TOO_MANY_LINES',
      `the configuration grows beyond ${most} lines; look for a loop that repeats too often`,
    ),
  invalidSyntax: (format: string, reason: string) =>
    problem('INVALID_SYNTAX', `this is not ${format}: ${reason}`),
  missingObject: (name: string) =>
    problem(
      'MISSING_OBJECT',
      `there is no object called ${quote(name)}; write {"${name}": {"name": "value"}}`,
    ),
  missingElement: (id: string | null) =>
    problem(
      'MISSING_ELEMENT',
      `there is no element <uwsgi${id === null ? '' : ` id="${id}"`}>; it is the root, or stands directly below the root`,
    ),
  endlessExpansion: (reference: string) =>
    problem(
      'ENDLESS_EXPANSION',
      `${reference} leads back to itself; a value cannot be part of its own definition`,
    ),
  invalidPattern: (pattern: string, reason: string) =>
    problem('INVALID_PATTERN', `${quote(pattern)} is not a regular expression: ${reason}`),
  nestedLogic: (open: string) =>
    problem(
      'NESTED_LOGIC',
      `${open} is still open, and blocks cannot be nested; end it first (endif, endfor)`,
    ),
  forbiddenOption: (name: string, list: 'blacklist' | 'whitelist') =>
    problem(
      'FORBIDDEN_OPTION',
      list === 'blacklist' ? `${name} is on the blacklist above` : `${name} is not on the whitelist above`,
    ),
  placeholderIsOption: (name: string) =>
    problem(
      'PLACEHOLDER_IS_OPTION',
      `${name} is an option and cannot be a placeholder; give it another name, or use set`,
    ),
  unresolvedHost: (host: string) => problem('UNRESOLVED_HOST', `the name ${host} has no IPv4 address`),
  valuelessKey: (key: string) =>
    problem('VALUELESS_KEY', `${key} has no value and is left out; write ${key}: true`),
  openBlock: (key: string) =>
    problem(
      'OPEN_BLOCK',
      `${key} is never ended, so it holds for all that follows; add ${key.startsWith('for') ? 'endfor' : 'endif'} =`,
    ),
  commentIsTrue: (comment: string, key: string, meant: string) =>
    problem(
      'COMMENT_IS_TRUE',
      `${quote(comment)} is part of the value, and whatever is not false, off, no or 0 is true. Write: ${key} = ${meant}`,
    ),
  unexpanded: (value: string) =>
    problem(
      'UNEXPANDED',
      `${quote(value)} is not a whole number: either nothing of that name is defined, or it stands where ` +
        'nothing is replaced (in listen, in an inherited file)',
    ),
  swallowedNewline: () =>
    problem(
      'SWALLOWED_NEWLINE',
      'a % at the end of a line swallows the line break and joins the next line to this; write %%',
    ),
  swallowedMagic: (character: string) =>
    problem(
      'SWALLOWED_MAGIC',
      `%${character} stands for nothing here and vanishes; for the characters themselves write %%${character}`,
    ),
  notALogOption: (value: string, form: string) =>
    problem(
      'LOG_OPTION',
      `${quote(value)} is not understood here; the form is ${form} (docs/logging.md has the kinds of loggers and encoders)`,
    ),
  notYet: (name: string) => problem('NOT_YET', `${name} is not there yet; it is ignored`),
  dangerous: (name: string, because: string) => problem('DANGEROUS', `${name} is ignored: ${because}`),
  missingSection: (section: string, file: string) =>
    problem('MISSING_SECTION', `there is no section [${section}] in ${file}; nothing was read from it`),
  inlineComment: (comment: string, key: string, meant: string) =>
    problem(
      'INLINE_COMMENT',
      `${quote(comment)} is part of the value: comments stand on lines of their own. If it is one, write: ${key} = ${meant}`,
    ),
  sharedEndpoint: (address: string) =>
    problem(
      'SHARED_ENDPOINT',
      `stats = ${address} is the address of metrics or stats-page too, which speak HTTP; give each its own`,
    ),
  numericSocketName: (value: string) =>
    problem(
      'NUMERIC_SOCKET_NAME',
      `this is a unix socket in a file called ${value}; for the TCP port write :${value}`,
    ),
  overridden: (winner: string) => problem('OVERRIDDEN', `gives way to ${winner} on the command line`),
};
