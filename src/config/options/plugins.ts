import { defineOptions, flag, int, list, noEffect, notYetAll, text, withoutEffect } from '../rows.js';

export const pythonOptions = defineOptions('python', [
  {
    name: 'home',
    aliases: ['virtualenv', 'venv', 'pyhome'],
    short: 'H',
    metavar: 'DIR',
    help: 'the Python virtual environment',
    state: noEffect('packages come from the node_modules folders above the application'),
  },
  {
    name: 'plugins',
    aliases: ['plugin', 'need-plugins', 'need-plugin'],
    type: 'list',
    metavar: 'NAMES',
    immediate: true,
    help: 'load plugins',
    state: noEffect('everything this server can do is built in'),
  },
  notYetAll(() => [
    int('py-auto-reload', 'SECONDS', 'reload when a loaded module changes; looks this often', {
      aliases: ['py-autoreload', 'python-auto-reload', 'python-autoreload'],
      impliesMaster: true,
    }),
    list('py-auto-reload-ignore', 'MODULE', 'do not watch this module', { impliesMaster: true }),
    list('import', 'MODULE', 'load this module in every worker', {
      aliases: ['pyimport', 'py-import', 'python-import'],
    }),
    list('shared-import', 'MODULE', 'load this module in every process', {
      aliases: ['shared-pyimport', 'shared-py-import', 'shared-python-import'],
    }),
    list('spooler-import', 'MODULE', 'load this module in the spoolers', {
      aliases: ['spooler-pyimport', 'spooler-py-import', 'spooler-python-import'],
    }),
    text('pyargv', 'TEXT', 'arguments the application sees'),
    text('test', 'MODULE', 'try to load a module, then exit', { short: 'J' }),
    flag('start_response-nodelay', 'send the head at once, before the first chunk'),
    flag('wsgi-disable-file-wrapper', 'leave wsgi.file_wrapper out'),
    text('python-raw', 'FUNCTION', 'function that handles raw connections'),
  ]),
  withoutEffect(
    "modules and packages are found as Node.js finds them, from the application's folder upwards",
    () => [
      text('pythonpath', 'DIR', 'look for modules here', { aliases: ['python-path', 'pp'] }),
      list('pymodule-alias', 'NAME=MODULE', 'another name for a module'),
      list('post-pymodule-alias', 'NAME=MODULE', 'another name for a module, made later'),
    ],
  ),
  withoutEffect('it is about the Python interpreter', () => [
    text('py-programname', 'PATH', "the interpreter's program name", { aliases: ['py-program-name'] }),
    int('optimize', 'N', 'optimisation of bytecode', { short: 'O' }),
    text('pecan', 'FILE', 'load a Pecan configuration'),
    text('paste', 'URI', 'load a Paste application'),
    flag('paste-logger', 'set logging up from a Paste configuration'),
    text('ini-paste', 'FILE', "load a Paste configuration that holds the server's too", { immediate: true }),
    text('ini-paste-logged', 'FILE', 'the same as ini-paste, with its logging', { immediate: true }),
    text('web3', 'MODULE', 'load a web3 application'),
    text('pump', 'MODULE', 'load a pump application'),
    text('wsgi-lite', 'MODULE', 'load a wsgi-lite application'),
    flag('reload-os-env', 'read os.environ again before each request'),
    flag('no-site', 'do not import the site module'),
    text('pyshell', 'CODE', 'run a Python shell in a worker', { argument: 'optional' }),
    text('pyshell-oneshot', 'CODE', 'run a Python shell in a worker, once', { argument: 'optional' }),
    text('python', 'FILE', 'run a Python script', { aliases: ['py', 'pyrun'] }),
    text('wsgi-env-behaviour', 'NAME', 'how the environ dictionary is made', {
      aliases: ['wsgi-env-behavior'],
    }),
    flag('wsgi-strict', 'insist on native strings'),
    flag('wsgi-accept-buffer', 'accept buffer objects for bodies', { aliases: ['wsgi-accept-buffers'] }),
    flag('python-version', 'print the version of Python', { immediate: true }),
    list('py-sharedarea', 'SIZE', 'make a shared area of a bytearray'),
    flag('py-call-osafterfork', 'let child processes work with threads'),
    flag('py-call-uwsgi-fork-hooks', 'call the fork hooks of Python'),
    text('python-worker-override', 'FILE', 'run this script in place of a worker'),
    text('py-executable', 'PATH', "the interpreter's sys.executable", { aliases: ['py-sys-executable'] }),
  ]),
  withoutEffect('requests that wait cost no thread, so there is nothing to switch', () => [
    text('gevent', 'N', 'run N greenlets'),
    flag('gevent-monkey-patch', 'let the standard library switch greenlets'),
    flag('gevent-early-monkey-patch', 'let the standard library switch greenlets from the start'),
    flag('gevent-wait-for-hub', 'wait for greenlets at the end'),
    text('asyncio', 'N', 'run N coroutines'),
  ]),
]);

export const otherOptions = defineOptions('other', [
  notYetAll(() => [
    list('cgi', '[/PATH=]PATH', 'run a CGI program, or those in a folder'),
    list('cgi-map-helper', 'EXT=PROGRAM', 'run files with this ending by this program', {
      aliases: ['cgi-helper'],
    }),
    flag('cgi-from-docroot', 'look for programs in DOCUMENT_ROOT'),
    int('cgi-buffer-size', 'BYTES', 'buffer for what programs write'),
    int('cgi-timeout', 'SECONDS', 'time a program has'),
    list('cgi-index', 'FILE', 'the program that stands for a folder'),
    list('cgi-allowed-ext', 'EXT', 'run only files with this ending'),
    list('cgi-unset', 'NAME', "take a variable out of programs' environment"),
    list('cgi-loadlib', '[FUNCTION@]PATH', 'load a library before programs are run'),
    flag('cgi-optimize', 'start programs with vfork', { aliases: ['cgi-optimized'] }),
    flag('cgi-path-info', 'do not look for PATH_INFO in the path'),
    flag('cgi-do-not-kill-on-error', 'let programs go on when the client has left'),
    int('cgi-async-max-attempts', 'N', 'tries to collect a program that has ended', { argument: 'none' }),
    flag('cgi-close-stdin-on-eof', "close a program's input when the body ends"),
    list('cgi-safe', 'DIR', 'allow programs outside the folder, if they are here'),
    list('file-write', 'FILE=TEXT', 'write this text to a file before root is given up'),
    text('connect-and-read', 'ADDRESS', 'connect, print what comes, then exit', { immediate: true }),
    text('ping', 'ADDRESS', 'ask a server whether it is there, then exit'),
    int('ping-timeout', 'SECONDS', 'how long to wait for its answer'),
    text('extract', 'URL', 'print what a file or URL holds, then exit', { immediate: true }),
    flag('force-gateway', 'start routers even without a master'),
    flag('router-list', 'list the actions of routes', { aliases: ['routers-list'] }),
  ]),
  withoutEffect('everything this server can do is built in', () => [
    list('plugins-dir', 'DIR', 'where plugins are', { aliases: ['plugin-dir'], immediate: true }),
    flag('plugins-list', 'list the plugins', { aliases: ['plugin-list'] }),
  ]),
  withoutEffect('plugins of uWSGI cannot be built for or loaded into this server', () => [
    text('dlopen', 'LIBRARY', 'load a shared library', { immediate: true }),
    text('build-plugin', 'DIR', 'build a plugin', { immediate: true }),
    flag('cflags', 'print compiler flags for plugins', { immediate: true }),
    flag('dot-h', 'print uwsgi.h', { immediate: true }),
    flag('config-py', 'print uwsgiconfig.py', { immediate: true }),
  ]),
  withoutEffect('nothing is embedded in the binary', () => [
    text('print-sym', 'NAME', 'print a symbol that is linked into the binary', {
      aliases: ['print-symbol'],
      immediate: true,
    }),
    text('binary-append-data', 'FILE', "print the binary's end with a file appended", { immediate: true }),
  ]),
  withoutEffect('there is one clock, that of the kernel', () => [
    text('clock', 'NAME', 'choose a source of time'),
    flag('clock-list', 'list the sources of time', { aliases: ['clocks-list'] }),
  ]),
  withoutEffect("JavaScript's own regular expressions are used", () => [
    flag('pcre-jit', 'compile regular expressions', { immediate: true }),
  ]),
]);
