import { defineOptions, flag, int, list, notYetAll, text, withoutEffect } from '../rows.js';

export const sharingOptions = defineOptions('sharing', [
  ...notYetAll([
    list('cache2', 'OPTIONS', 'make a cache, in the form name=value,name=value'),
    int('cache', 'N', 'make a cache of N items'),
    int('cache-blocksize', 'BYTES', 'block of a cache'),
    text('cache-store', 'FILE', 'keep a cache in this file', { impliesMaster: true }),
    int('cache-store-sync', 'N', 'how often to write it'),
    flag('cache-no-expire', 'do not let items expire'),
    int('cache-expire-freq', 'SECONDS', 'how often to look for expired items'),
    flag('cache-report-freed-items', 'log expired items'),
    list('cache-udp-server', 'ADDRESS', 'take updates of a cache here', { impliesMaster: true }),
    list('cache-udp-node', 'ADDRESS', 'send updates of a cache there', { impliesMaster: true }),
    text('cache-sync', 'ADDRESS', 'fill a cache from this server'),
    flag('cache-use-last-modified', 'keep the time of each item'),
    list('add-cache-item', '[CACHE ]KEY=VALUE', 'put an item into a cache'),
    list('load-file-in-cache', '[CACHE ]FILE', 'put a file into a cache'),
    list('load-file-in-cache-gzip', '[CACHE ]FILE', 'put a file into a cache, compressed'),
    int('queue', 'N', 'make a queue of N items'),
    int('queue-blocksize', 'BYTES', 'block of the queue'),
    text('queue-store', 'FILE', 'keep the queue in this file', { impliesMaster: true }),
    int('queue-store-sync', 'N', 'how often to write it'),
    list('sharedarea', 'PAGES', 'make a shared area', { short: 'A' }),
    int('locks', 'N', 'make locks for the application'),
    int('rpc-max', 'N', 'functions that may be registered for RPC'),
  ]),
  ...withoutEffect('there is no memory that workers share and would have to lock', [
    text('lock-engine', 'NAME', 'how locks are made'),
    text('ftok', 'PATH', 'key of System V semaphores'),
    flag('persistent-ipcsem', 'keep System V semaphores at the end'),
  ]),
]);
