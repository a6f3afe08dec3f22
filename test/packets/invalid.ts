/** The malformed half of the corpus, and what speaks another protocol. */
import type { InvalidReason } from './corpus.js';
import { encodeBlock, encodePacket, encodeVars, latin1, sized, type Var } from './encode.js';

export interface InvalidSource {
  why: string;
  reason: InvalidReason;
  varsBefore: number;
  bytes: Buffer;
}

const get: Var[] = [
  ['REQUEST_METHOD', 'GET'],
  ['PATH_INFO', '/'],
];

function other(reason: 'http' | 'tls', why: string, text: string): InvalidSource {
  return { why, reason, varsBefore: 0, bytes: latin1(text) };
}

/** Two good vars, then `tail`, inside the block. */
function tail(
  reason: 'truncated-var' | 'empty-key',
  why: string,
  bytes: Uint8Array,
  body = '',
): InvalidSource {
  const block = Buffer.concat([encodeVars(get), bytes]);
  return { why, reason, varsBefore: 2, bytes: encodeBlock(block, { body }) };
}

function length(why: string, value: string, body = ''): InvalidSource {
  const bytes = encodePacket([...get, ['CONTENT_LENGTH', value]], { body });
  return { why, reason: 'bad-content-length', varsBefore: 2, bytes };
}

const request = (method: string) => `${method} / HTTP/1.1\r\nHost: example.org\r\n\r\n`;

// The record and handshake headers of a real ClientHello; what follows does not matter to anybody who speaks no TLS.
const clientHello = (version: string) =>
  `\x16\x03${version}\x01\x00\x01\x00\x00\xfc\x03\x03${'\x5a'.repeat(32)}`;

const protocols: Record<string, InvalidSource> = {
  '001-http-get': other('http', 'read as a packet: modifier1 71 and 21573 bytes of vars', request('GET')),
  '002-http-post': other(
    'http',
    'read as a packet: modifier1 80 and 21327 bytes of vars',
    `${request('POST')}name=value`,
  ),
  '003-http-head': other('http', 'read as a packet: modifier1 72 and 16709 bytes of vars', request('HEAD')),
  '004-http-put': other('http', 'an HTTP method', request('PUT')),
  '005-http-delete': other('http', 'an HTTP method', request('DELETE')),
  '006-http-options': other('http', 'an HTTP method', request('OPTIONS')),
  '007-http-patch': other('http', 'an HTTP method', request('PATCH')),
  '008-http-connect': other('http', 'an HTTP method', 'CONNECT example.org:443 HTTP/1.1\r\n\r\n'),
  '009-http-trace': other('http', 'an HTTP method', request('TRACE')),
  '010-http2-preface': other('http', 'RFC 9113, section 3.4', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  '011-tls-1-0-record': other(
    'tls',
    'what every client sends first, for old servers; read as a packet: 259 bytes of vars',
    clientHello('\x01'),
  ),
  '012-tls-1-2-record': other('tls', 'after a HelloRetryRequest', clientHello('\x03')),
  '013-ssl-3-record': other('tls', 'the oldest version with this record', clientHello('\x00')),
};

const blocks: Record<string, InvalidSource> = {
  '020-no-vars': {
    why: 'a WSGI request without vars',
    reason: 'no-vars',
    varsBefore: 0,
    bytes: encodePacket([]),
  },
  '021-no-vars-30': {
    why: 'modifier1 30 is WSGI too',
    reason: 'no-vars',
    varsBefore: 0,
    bytes: encodePacket([], { modifier1: 30 }),
  },
  '022-empty-key': {
    why: 'a key of no bytes, first',
    reason: 'empty-key',
    varsBefore: 0,
    bytes: encodePacket([['', 'value'], ...get]),
  },
  '023-empty-key-last': tail('empty-key', 'a key of no bytes, last', encodeVars([['', 'value']])),
  '024-empty-var': tail('empty-key', 'neither key nor value', encodeVars([['', '']])),
  '025-two-zeros': tail('empty-key', 'padding is not allowed', Buffer.alloc(2)),
  '030-one-byte-over': tail('truncated-var', 'half a key length', Buffer.from([1])),
  '031-two-bytes-over': tail('truncated-var', 'a key length and no key', Buffer.from([1, 0])),
  '032-three-bytes-over': tail('truncated-var', 'a key and no value length', Buffer.from([1, 0, 0x41])),
  '033-four-bytes-over': tail('truncated-var', 'a key and half a value length', Buffer.from([1, 0, 0x41, 0])),
  '034-key-one-past': tail(
    'truncated-var',
    'a key that ends one byte after the block',
    Buffer.from([4, 0, 0x41, 0x41, 0x41]),
  ),
  '035-key-over-value': tail(
    'truncated-var',
    'a key that swallows its value',
    Buffer.from([6, 0, 0x41, 0, 0, 0, 0]),
  ),
  '036-key-65535': tail('truncated-var', 'the longest key length there is', Buffer.from([0xff, 0xff, 0x41])),
  '037-value-one-past': tail(
    'truncated-var',
    'a value that ends one byte after the block',
    Buffer.concat([sized('K'), Buffer.from([2, 0, 0x41])]),
  ),
  '038-value-65535': tail(
    'truncated-var',
    'the longest value length there is',
    Buffer.concat([sized('K'), Buffer.from([0xff, 0xff])]),
  ),
  '039-value-into-body': tail(
    'truncated-var',
    'the bytes are there, but they belong to the body',
    Buffer.concat([sized('K'), Buffer.from([5, 0])]),
    'value',
  ),
  '040-key-into-body': tail(
    'truncated-var',
    'the bytes are there, but they belong to the body',
    Buffer.from([3, 0]),
    'KEY\x01\x00v',
  ),
  '041-one-byte-block': {
    why: 'the smallest block that is not empty',
    reason: 'truncated-var',
    varsBefore: 0,
    bytes: encodeBlock(Buffer.from([1])),
  },
  '042-full-block-key-past': {
    why: 'in the largest block an end that does not fit in 16 bits',
    reason: 'truncated-var',
    varsBefore: 0,
    bytes: encodeBlock(Buffer.alloc(65535, 0xff)),
  },
};

const lengths: Record<string, InvalidSource> = {
  '050-length-negative': length('gunicorn takes it for 0', '-1'),
  '051-length-blank-before': length('digits only', ' 5', 'hello'),
  '052-length-blank-after': length('digits only; uWSGI stops there and reads 5', '5 ', 'hello'),
  '053-length-plus': length('digits only', '+5', 'hello'),
  '054-length-exponent': length('uWSGI reads 1, JavaScript 1000', '1e3', 'h'),
  '055-length-hex': length('uWSGI reads 0, JavaScript 16', '0x10'),
  '056-length-letters': length('uWSGI reads 12', '12abc', 'hello, world'),
  '057-length-list': length('two lengths joined by a proxy', '5,5', 'hello'),
  '058-length-nul': length('a C string would end here', '5\0', 'hello'),
  '059-length-utf8-digit': length('ARABIC-INDIC DIGIT FIVE is not a digit', '\u00d9\u00a5', 'hello'),
  '060-length-dot': length('whole bytes only', '5.0', 'hello'),
  '061-length-over-cap': length('2^53', '9007199254740992'),
  '062-length-over-uint64': length('2^64 + 5: wraps around to 5', '18446744073709551621', 'hello'),
  '063-length-endless': length('a hundred digits', '9'.repeat(100)),
  '064-length-below-digits': length('the character before 0', '/'),
  '065-length-above-digits': length('the character after 9', ':'),
  '066-length-bad-then-good': {
    why: 'every CONTENT_LENGTH must be a length, though the last one counts',
    reason: 'bad-content-length',
    varsBefore: 2,
    bytes: encodePacket([...get, ['CONTENT_LENGTH', 'x'], ['CONTENT_LENGTH', '5']], { body: 'hello' }),
  },
  '067-length-good-then-bad': {
    why: 'a bad length takes a good one with it',
    reason: 'bad-content-length',
    varsBefore: 3,
    bytes: encodePacket([...get, ['CONTENT_LENGTH', '5'], ['CONTENT_LENGTH', '-5']], { body: 'hello' }),
  },
};

export const invalidSources: Record<string, InvalidSource> = { ...protocols, ...blocks, ...lengths };
