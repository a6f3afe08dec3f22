/** The well-formed half of the corpus. The first three are what nginx 1.22 sent for three curl commands. */
import type { Repeat, StoredText, StoredVar } from './corpus.js';

export interface ValidSource {
  why: string;
  modifier1?: number;
  modifier2?: number;
  vars: (StoredVar | Repeat<StoredVar>)[];
  contentLength?: number | null;
  body?: StoredText;
  surplus?: StoredText;
}

const maxBlock = 65535;
const repeat = <T>(what: T, times: number): Repeat<T> => ({ repeat: what, times });

/** What `include uwsgi_params` gives, in its order, for a server on a unix socket. */
function nginxParams(method: string, uri: string, type: string, length: string): StoredVar[] {
  const [path = '', query = ''] = uri.split('?');
  return [
    ['QUERY_STRING', query],
    ['REQUEST_METHOD', method],
    ['CONTENT_TYPE', type],
    ['CONTENT_LENGTH', length],
    ['REQUEST_URI', uri],
    ['PATH_INFO', decodeURIComponent(path)],
    ['DOCUMENT_ROOT', '/usr/share/nginx/html'],
    ['SERVER_PROTOCOL', 'HTTP/1.1'],
    ['REQUEST_SCHEME', 'http'],
    ['REMOTE_ADDR', 'unix:'],
    ['REMOTE_PORT', ''],
    ['SERVER_PORT', ''],
    ['SERVER_NAME', ''],
    ['HTTP_HOST', 'example.org'],
    ['HTTP_USER_AGENT', 'curl/7.88.1'],
    ['HTTP_ACCEPT', '*/*'],
  ];
}

const form = 'application/x-www-form-urlencoded';
const get: StoredVar[] = [
  ['REQUEST_METHOD', 'GET'],
  ['PATH_INFO', '/'],
];
const post = (length: StoredText): StoredVar[] => [
  ['REQUEST_METHOD', 'POST'],
  ['PATH_INFO', '/'],
  ['CONTENT_LENGTH', length],
];
const everyByte = String.fromCharCode(...Array(256).keys());
const closeToHttp = 0x5445 - 5;

const peers: Record<string, ValidSource> = {
  '001-nginx-get': {
    why: "curl 'http://example.org/a%20b?x=1' -H 'Cookie: a=b' through a stock nginx 1.22",
    vars: [...nginxParams('GET', '/a%20b?x=1', '', ''), ['HTTP_COOKIE', 'a=b']],
  },
  '002-nginx-post': {
    why: 'curl -d name=value through a stock nginx 1.22: the body comes in the same read as the vars',
    vars: [
      ...nginxParams('POST', '/form', form, '10'),
      ['HTTP_CONTENT_LENGTH', '10'],
      ['HTTP_CONTENT_TYPE', form],
    ],
    contentLength: 10,
    body: 'name=value',
  },
  '003-nginx-chunked': {
    why: 'nginx 1.22 decodes a chunked body, computes its length and still passes Transfer-Encoding on; a header sent twice is two vars',
    vars: [
      ...nginxParams('POST', '/up', form, '12'),
      ['HTTP_TRANSFER_ENCODING', 'chunked'],
      ['HTTP_X_FORWARDED_FOR', '10.0.0.1'],
      ['HTTP_X_FORWARDED_FOR', '10.0.0.2'],
      ['HTTP_CONTENT_TYPE', form],
    ],
    contentLength: 12,
    body: 'chunked body',
  },
};

const shapes: Record<string, ValidSource> = {
  '010-sparse': { why: 'one var is enough', vars: [['REQUEST_URI', '/']] },
  '011-smallest-var': { why: 'five bytes: two lengths and a key of one byte', vars: [['K', '']] },
  '012-empty-values': {
    why: 'an empty value is a value, at the very end of the block too',
    vars: [...get, ['QUERY_STRING', ''], ['REMOTE_USER', ''], ['HTTPS', '']],
  },
  '013-repeated-header': {
    why: 'the application sees these joined: cookies with a semicolon, the rest with a comma',
    vars: [
      ...get,
      ['HTTP_COOKIE', 'a=1'],
      ['HTTP_ACCEPT', 'text/html'],
      ['HTTP_COOKIE', 'b=2'],
      ['HTTP_ACCEPT', '*/*'],
    ],
  },
  '014-repeated-var': {
    why: 'of a var that is no header the last one counts',
    vars: [...get, ['REMOTE_USER', 'alice'], ['REMOTE_USER', 'bob']],
  },
  '015-key-255': { why: 'the longest key nginx can write', vars: [...get, [repeat('K', 255), 'v']] },
  '016-key-256': { why: 'a key length that needs its high byte', vars: [...get, [repeat('K', 256), 'v']] },
  '017-key-300': { why: 'both bytes of a key length in use', vars: [...get, [repeat('K', 300), 'v']] },
  '018-longest-key': { why: 'one key fills the largest block', vars: [[repeat('K', maxBlock - 4), '']] },
  '019-longest-value': {
    why: 'one value fills the largest block: it ends at offset 65535',
    vars: [['K', repeat('v', maxBlock - 5)]],
  },
  '020-most-vars': {
    why: '13107 vars of five bytes are exactly 65535 bytes: no packet holds more',
    vars: [repeat<StoredVar>(['K', ''], maxBlock / 5)],
  },
  '021-prototype-keys': {
    why: 'names that mean something to JavaScript are ordinary keys',
    vars: [
      ...get,
      ['__proto__', 'x'],
      ['constructor', 'y'],
      ['toString', ''],
      ['0', 'z'],
      ['hasOwnProperty', '1'],
    ],
  },
  '022-latin1': {
    why: 'every byte is a character',
    vars: [...get, ['HTTP_X_BYTES', everyByte], ['K\u00ff', '\u00e9']],
  },
  '023-nul': {
    why: 'NUL ends neither a key nor a value',
    vars: [...get, ['HTTP_X_NUL', 'a\0b'], ['A\0B', '\0']],
  },
  '024-utf8-path': {
    why: 'nginx decodes the path: UTF-8 in it arrives as bytes (PEP 3333 calls for latin-1)',
    vars: [
      ['REQUEST_METHOD', 'GET'],
      ['PATH_INFO', '/caf\u00c3\u00a9'],
    ],
  },
  '025-line-ends': {
    why: 'CR and LF are data here; only a response header may not have them',
    vars: [...get, ['HTTP_X_LINES', 'a\r\nb: c']],
  },
  '026-block-like-value': {
    why: 'a value that looks like vars itself',
    vars: [...get, ['HTTP_X_VARS', '\x0e\0CONTENT_LENGTH\x01\x009']],
  },
};

const bodies: Record<string, ValidSource> = {
  '030-length-empty': { why: 'nginx sends it empty when there is no body', vars: post('') },
  '031-length-zero': { why: 'a body of no bytes', vars: post('0'), contentLength: 0 },
  '032-length-leading-zeros': {
    why: 'digits only: zeros in front are digits',
    vars: post('0005'),
    contentLength: 5,
    body: 'hello',
  },
  '033-length-many-zeros': {
    why: 'the cap is on the number, not on its digits',
    vars: post(repeat('0', 300)),
    contentLength: 0,
  },
  '034-length-largest': {
    why: '2^53 - 1, the largest number JavaScript holds exactly; the body never comes',
    vars: post('9007199254740991'),
    contentLength: Number.MAX_SAFE_INTEGER,
  },
  '035-length-repeated': {
    why: 'the last one counts',
    vars: [...post('3'), ['CONTENT_LENGTH', '5']],
    contentLength: 5,
    body: 'hello',
  },
  '036-length-taken-back': {
    why: 'uwsgi_param CONTENT_LENGTH "" after the stock params: the last one counts, and it is empty',
    vars: [...post('5'), ['CONTENT_LENGTH', '']],
  },
  '037-length-lookalikes': {
    why: 'other names of 13 to 15 letters, another case, the header of the same name: none of them is CONTENT_LENGTH',
    vars: [
      ...get,
      ['CONTENT_LENGT', 'x'],
      ['CONTENT_LENGTHS', 'x'],
      ['XONTENT_LENGTH', 'x'],
      ['CONTENT_LENGTX', 'x'],
      ['content_length', 'x'],
      ['HTTP_CONTENT_LENGTH', 'x'],
    ],
  },
  '040-body-binary': { why: 'every byte is data', vars: post('256'), contentLength: 256, body: everyByte },
  '041-body-large': {
    why: 'more than the default post-buffering: it streams',
    vars: post('70000'),
    contentLength: 70000,
    body: repeat('0123456789', 7000),
  },
  '042-surplus-without-length': {
    why: 'bytes that no CONTENT_LENGTH announced are not a body',
    vars: get,
    surplus: 'stray',
  },
  '043-surplus-after-body': {
    why: 'the body ends after CONTENT_LENGTH bytes',
    vars: post('4'),
    contentLength: 4,
    body: 'body',
    surplus: 'stray',
  },
  '044-body-like-packet': {
    why: 'a packet as a body is a body',
    vars: post('9'),
    contentLength: 9,
    body: '\0\x05\0\0\x01\0K\0\0',
  },
};

const modifiers: Record<string, ValidSource> = {
  '050-modifier-30': {
    why: 'WSGI that wants SCRIPT_NAME cut off PATH_INFO: old nginx snippets carry it',
    modifier1: 30,
    vars: [
      ['REQUEST_METHOD', 'GET'],
      ['SCRIPT_NAME', '/app'],
      ['PATH_INFO', '/app/page'],
    ],
  },
  '051-ping': { why: 'uwsgi --ping: no vars at all', modifier1: 100, vars: [] },
  '052-modifier-2': { why: 'modifier2 goes with WSGI too', modifier2: 7, vars: get },
  '053-perl': { why: 'PSGI', modifier1: 5, vars: get },
  '054-cgi': { why: 'CGI', modifier1: 9, vars: get },
  '055-php': { why: 'PHP', modifier1: 14, vars: get },
  '056-eval': { why: 'code to evaluate: to be refused', modifier1: 22, vars: [['CODE', 'process.exit()']] },
  '057-rpc': { why: 'a remote procedure call', modifier1: 173, modifier2: 1, vars: get },
  '058-answer': { why: 'a generic answer, sent as a request', modifier1: 255, modifier2: 255, vars: get },
  '059-no-vars-for-others': {
    why: 'an empty block is only wrong where vars are needed',
    modifier1: 173,
    vars: [],
  },
  '060-close-to-http': {
    why: "'G', 'E', 'T' and then not a blank",
    modifier1: 0x47,
    vars: [['K', repeat('v', closeToHttp)]],
  },
  '061-size-spells-http': {
    why: "21573 bytes of vars and modifier2 32 spell 'ET ' but modifier1 0 is never a method",
    modifier2: 0x20,
    vars: [['K', repeat('v', closeToHttp)]],
  },
  '062-close-to-tls': {
    why: 'modifier1 22 and a size of 0x0503: there is no TLS version 3.5',
    modifier1: 0x16,
    vars: [['K', repeat('v', 0x0503 - 5)]],
  },
};

export const validSources: Record<string, ValidSource> = { ...peers, ...shapes, ...bodies, ...modifiers };
