import { defineOptions, intoInteger } from '../option.js';

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
]);
