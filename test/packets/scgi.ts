/** The SCGI packets of the corpus (https://python.ca/scgi/protocol.txt). */
import type { InvalidReason } from './corpus.js';
import { latin1, type Var } from './encode.js';
import { encodeScgi, headers, netstring } from './encode-scgi.js';
import type { InvalidSource } from './invalid.js';
import type { ValidSource } from './valid.js';

const everyByte = String.fromCharCode(...Array(256).keys());
const everyByteButNul = everyByte.slice(1);
const maxBlock = 65_535;

/** What `include scgi_params` gives, in its order; nginx puts the length first. */
function nginxParams(method: string, uri: string, length: string): Var[] {
  const [path = '', query = ''] = uri.split('?');
  return [
    ['CONTENT_LENGTH', length],
    ['REQUEST_METHOD', method],
    ['REQUEST_URI', uri],
    ['QUERY_STRING', query],
    ['CONTENT_TYPE', ''],
    ['DOCUMENT_URI', path],
    ['DOCUMENT_ROOT', '/usr/share/nginx/html'],
    ['SCGI', '1'],
    ['SERVER_PROTOCOL', 'HTTP/1.1'],
    ['REQUEST_SCHEME', 'http'],
    ['REMOTE_ADDR', '127.0.0.1'],
    ['REMOTE_PORT', '40000'],
    ['SERVER_PORT', '80'],
    ['SERVER_NAME', 'localhost'],
    ['HTTP_HOST', 'example.org'],
  ];
}

const withLength = (length: string, ...more: Var[]): Var[] => [
  ['CONTENT_LENGTH', length],
  ['SCGI', '1'],
  ...more,
];
const opening = headers(withLength('0'));

export const validScgi: Record<string, ValidSource> = {
  '001-nginx-get': {
    why: 'the stock scgi_params',
    vars: nginxParams('GET', '/a?x=1', '0'),
    contentLength: 0,
  },
  '002-nginx-post': {
    why: 'the stock scgi_params with a body',
    vars: nginxParams('POST', '/form', '10'),
    contentLength: 10,
    body: 'name=value',
  },
  '003-specification': {
    why: 'the example of the specification',
    vars: [
      ['CONTENT_LENGTH', '27'],
      ['SCGI', '1'],
      ['REQUEST_METHOD', 'POST'],
      ['REQUEST_URI', '/deepthought'],
    ],
    contentLength: 27,
    body: 'What is the answer to life?',
  },
  '010-sparse': { why: 'the length alone', vars: [['CONTENT_LENGTH', '0']], contentLength: 0 },
  '011-length-empty': { why: 'an empty length is none', vars: withLength('') },
  '012-empty-values': {
    why: 'an empty value is a value, at the very end too',
    vars: withLength('0', ['QUERY_STRING', ''], ['HTTPS', '']),
    contentLength: 0,
  },
  '013-latin1': {
    why: 'every byte but NUL is a character',
    vars: withLength('0', ['HTTP_X_BYTES', everyByteButNul], ['K\u00ff', '\u00e9']),
    contentLength: 0,
  },
  '014-like-a-netstring': {
    why: 'digits, colons and commas in values end nothing',
    vars: withLength('0', ['HTTP_X_LIST', '12:,34:'], ['REQUEST_URI', '/1:2,3']),
    contentLength: 0,
  },
  '015-repeated-header': {
    why: 'the application sees these joined',
    vars: withLength('0', ['HTTP_COOKIE', 'a=1'], ['HTTP_COOKIE', 'b=2'], ['HTTP_ACCEPT', '*/*']),
    contentLength: 0,
  },
  '016-length-repeated': {
    why: 'the last one counts',
    vars: withLength('3', ['CONTENT_LENGTH', '5']),
    contentLength: 5,
    body: 'hello',
  },
  '017-prototype-keys': {
    why: 'names that mean something to JavaScript are ordinary keys',
    vars: withLength('0', ['__proto__', 'x'], ['constructor', 'y'], ['0', 'z']),
    contentLength: 0,
  },
  '018-largest-block': {
    why: 'one value fills the largest block: it ends at offset 65534, before its NUL',
    vars: [
      ['CONTENT_LENGTH', '0'],
      ['K', { repeat: 'v', times: maxBlock - headers([['CONTENT_LENGTH', '0']]).length - 3 }],
    ],
    contentLength: 0,
  },
  '019-most-vars': {
    why: '13107 vars, the most that are taken',
    vars: [['CONTENT_LENGTH', '0'], { repeat: ['K', ''], times: 13_106 }],
    contentLength: 0,
  },
  '020-body-binary': {
    why: 'every byte is data',
    vars: withLength('256'),
    contentLength: 256,
    body: everyByte,
  },
  '021-body-large': {
    why: 'more than the default post-buffering: it streams',
    vars: withLength('70000'),
    contentLength: 70_000,
    body: { repeat: '0123456789', times: 7000 },
  },
  '022-surplus': {
    why: 'the body ends after CONTENT_LENGTH bytes',
    vars: withLength('4'),
    contentLength: 4,
    body: 'body',
    surplus: 'stray',
  },
  '023-body-like-packet': {
    why: 'a packet as a body is a body',
    vars: withLength('20'),
    contentLength: 20,
    body: netstring(headers([['CONTENT_LENGTH', '']])).toString('latin1'),
  },
};

function bad(reason: InvalidReason, why: string, bytes: Buffer, varsBefore = 0): InvalidSource {
  return { why, reason, varsBefore, bytes };
}

const text = (reason: InvalidReason, why: string, packet: string) => bad(reason, why, latin1(packet));
const length = (why: string, value: string) =>
  bad('bad-content-length', why, encodeScgi(withLength(value), 'hello'));

export const invalidScgi: Record<string, InvalidSource> = {
  '001-http': text('http', 'HTTP', 'GET / HTTP/1.1\r\nHost: example.org\r\n\r\n'),
  '002-tls': text('tls', 'a ClientHello', `\x16\x03\x01\x01\x00\x01\x00\x00\xfc\x03\x03${'\x5a'.repeat(32)}`),
  '003-uwsgi': text('netstring', 'a uwsgi packet', '\0\x05\0\0\x01\0K\0\0'),
  '004-fastcgi': text('netstring', 'a FastCGI record', '\x01\x01\0\x01\0\x08\0\0\0\x01\0\0\0\0\0\0'),
  '010-no-digits': text('netstring', 'a colon and no length', `:${opening},`),
  '011-letters': text('netstring', 'a length in letters', 'seventy:'),
  '012-negative': text('netstring', 'digits only', `-${opening.length}:${opening},`),
  '013-blank': text('netstring', 'digits only', ` ${opening.length}:${opening},`),
  '014-eight-digits': text('netstring', 'over every limit before the colon has come', `00000024:${opening},`),
  '015-no-comma': text('netstring', 'no comma behind the headers', `${opening.length}:${opening};`),
  '016-one-too-long': bad(
    'truncated-var',
    'the comma is taken for a header',
    latin1(`${opening.length + 1}:${opening},,`),
    2,
  ),
  '020-no-vars': bad('no-vars', 'no headers', netstring('')),
  '021-no-length': bad(
    'no-content-length',
    'the length does not come first',
    encodeScgi([
      ['SCGI', '1'],
      ['CONTENT_LENGTH', '0'],
    ]),
  ),
  '022-name-without-end': bad('truncated-var', 'no NUL behind the name', netstring(`${opening}K`), 2),
  '023-name-without-value': bad('truncated-var', 'a name and no value', netstring(`${opening}K\0`), 2),
  '024-value-without-end': bad('truncated-var', 'no NUL behind the value', netstring(`${opening}K\0v`), 2),
  '025-empty-name': bad('empty-key', 'a name of no bytes', netstring(`${opening}\0v\0`), 2),
  '026-too-many-vars': bad(
    'too-many-vars',
    'one more than are taken',
    encodeScgi([['CONTENT_LENGTH', '0'], ...new Array<Var>(13_107).fill(['K', ''])]),
    13_107,
  ),
  '030-length-negative': length('digits only', '-1'),
  '031-length-blank': length('digits only', ' 5'),
  '032-length-hex': length('digits only', '0x5'),
  '033-length-over-2-53': length('more than a JavaScript number holds exactly', '9007199254740992'),
};
