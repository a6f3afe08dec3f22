import { defineOptions, flag, int, list, notYetAll, text, withoutEffect } from '../rows.js';

export const otherOptions = defineOptions('other', [
  ...notYetAll([
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
  ...withoutEffect('everything this server can do is built in', [
    list('plugins-dir', 'DIR', 'where plugins are', { aliases: ['plugin-dir'], immediate: true }),
    flag('plugins-list', 'list the plugins', { aliases: ['plugin-list'] }),
  ]),
  ...withoutEffect('plugins of uWSGI cannot be built for or loaded into this server', [
    text('dlopen', 'LIBRARY', 'load a shared library', { immediate: true }),
    text('build-plugin', 'DIR', 'build a plugin', { immediate: true }),
    flag('cflags', 'print compiler flags for plugins', { immediate: true }),
    flag('dot-h', 'print uwsgi.h', { immediate: true }),
    flag('config-py', 'print uwsgiconfig.py', { immediate: true }),
  ]),
  ...withoutEffect('nothing is embedded in the binary', [
    text('print-sym', 'NAME', 'print a symbol that is linked into the binary', {
      aliases: ['print-symbol'],
      immediate: true,
    }),
    text('binary-append-data', 'FILE', "print the binary's end with a file appended", { immediate: true }),
  ]),
  ...withoutEffect('there is one clock, that of the kernel', [
    text('clock', 'NAME', 'choose a source of time'),
    flag('clock-list', 'list the sources of time', { aliases: ['clocks-list'] }),
  ]),
  ...withoutEffect("JavaScript's own regular expressions are used", [
    flag('pcre-jit', 'compile regular expressions', { immediate: true }),
  ]),
]);
