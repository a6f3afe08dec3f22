import { intoBool, intoInteger } from '../into.js';
import { defineOptions, flag, int, notYetAll, text, withoutEffect } from '../rows.js';

export const limitOptions = defineOptions('limits', [
  {
    name: 'buffer-size',
    short: 'b',
    metavar: 'BYTES',
    default: '65536',
    help: 'largest vars block of a request, or HTTP head',
    ...intoInteger('bufferSize', { min: 1 }),
  },
  {
    name: 'post-buffering',
    metavar: 'BYTES',
    default: '65536',
    help: 'bodies up to this size are read before the application runs',
    ...intoInteger('postBuffering'),
  },
  {
    name: 'limit-post',
    metavar: 'BYTES',
    default: '0',
    help: 'largest request body; 0 for no limit',
    ...intoInteger('limitPost'),
  },
  {
    name: 'socket-timeout',
    short: 'z',
    metavar: 'SECONDS',
    default: '4',
    help: 'silence after which a peer is given up',
    ...intoInteger('socketTimeout', { min: 1 }),
  },
  {
    name: 'async',
    default: '1000',
    help: 'unfinished requests a thread takes on at once',
    ...intoInteger('async', { min: 1 }),
  },
  {
    name: 'harakiri',
    short: 't',
    metavar: 'SECONDS',
    help: 'end a request that takes longer than this with 504; a thread that hangs in it is replaced',
    ...intoInteger('harakiri', { max: 2_000_000 }),
  },
  {
    name: 'harakiri-queue-threshold',
    metavar: 'N',
    help: 'end slow requests only while at least this many connections wait',
    ...intoInteger('harakiriQueueThreshold'),
  },
  {
    name: 'harakiri-verbose',
    help: 'log more of a thread that hangs: the whole stack, system call and wait channel',
    ...intoBool('harakiriVerbose'),
  },
  notYetAll(() => [
    text('upload-progress', 'DIR', 'write the progress of uploads into files here'),
    int('response-headers-limit', 'BYTES', 'largest head of a response'),
    int('chunked-input-limit', 'BYTES', 'largest chunk of a request body'),
    int('chunked-input-timeout', 'SECONDS', 'silence between chunks after which a peer is given up'),
    int('websockets-ping-freq', 'SECONDS', 'time between pings to a websocket client', {
      aliases: ['websocket-ping-freq'],
    }),
    int('websockets-pong-tolerance', 'SECONDS', 'time a websocket client has to answer a ping', {
      aliases: ['websocket-pong-tolerance'],
    }),
    int('websockets-max-size', 'KB', 'largest websocket message', { aliases: ['websocket-max-size'] }),
  ]),
  withoutEffect(
    'a request that is ended has been answered and its uwsgi.signal aborted; there is nobody left to be polite to',
    () => [
      int('harakiri-graceful-timeout', 'SECONDS', 'time between the first, polite signal and the last'),
      int('harakiri-graceful-signal', 'N', 'the first, polite signal'),
    ],
  ),
  withoutEffect("a request's time ends with its response", () => [
    flag('harakiri-no-arh', 'do not count what runs after a request', {
      aliases: ['no-harakiri-arh', 'no-harakiri-after-req-hook'],
    }),
  ]),
  withoutEffect('a request is bounded by buffer-size, not by the number of its vars', () => [
    text('max-vars', 'N', 'vars a request may have', { short: 'v' }),
  ]),
  withoutEffect('the size follows from post-buffering', () => [
    int('post-buffering-bufsize', 'BYTES', 'buffer for reading bodies ahead'),
  ]),
  withoutEffect('bodies beyond post-buffering stream, so a large one is nothing to warn about', () => [
    int('body-read-warning', 'MB', 'warn about bodies beyond this size'),
  ]),
  withoutEffect('a peer that leaves ends its request quietly, with at most one line in the log', () => [
    flag('ignore-sigpipe', 'do not report writes to a peer that has left'),
    flag('ignore-write-errors', 'do not report failed writes'),
    int('write-errors-tolerance', 'N', 'failed writes to allow before the application is told'),
    flag('write-errors-exception-only', 'only tell the application of failed writes'),
    flag('disable-write-exception', 'do not tell the application of failed writes'),
  ]),
]);
