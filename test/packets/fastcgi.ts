/** The FastCGI packets of the corpus (FastCGI 1.0): each is what comes over one connection, with one request at most. */
import { expandText, expandVars, type InvalidReason, type StoredFastcgi } from './corpus.js';
import { latin1, type Var } from './encode.js';
import { begin, encodeFastcgi, nameLength, nameValues, record, stream, type } from './encode-fastcgi.js';
import type { InvalidSource } from './invalid.js';

export interface FastcgiSource extends Partial<Omit<StoredFastcgi, 'why'>> {
  why: string;
  /** What is sent; by default the vars in one record, and the body in records of 32 KiB. */
  bytes?: Buffer;
}

/** With everything that a source leaves out. */
export function completeFastcgi(source: FastcgiSource): { stored: StoredFastcgi; bytes: Buffer } {
  const { why, keep = 1, steps = ['head', 'end'], vars = [], contentLength = null } = source;
  const { body = '', surplus = '' } = source;
  const stdin = expandText(body) + expandText(surplus);
  const bytes = source.bytes ?? encodeFastcgi(expandVars(vars), stdin, { keep: keep === 1 });
  return { stored: { why, keep, steps, vars, contentLength, body, surplus }, bytes };
}

const everyByte = String.fromCharCode(...Array(256).keys());
const maxBlock = 65_535;

/** What `include fastcgi_params` gives, in its order. */
function nginxParams(method: string, uri: string, length: string): Var[] {
  const [path = '', query = ''] = uri.split('?');
  return [
    ['QUERY_STRING', query],
    ['REQUEST_METHOD', method],
    ['CONTENT_TYPE', ''],
    ['CONTENT_LENGTH', length],
    ['SCRIPT_NAME', path],
    ['REQUEST_URI', uri],
    ['DOCUMENT_URI', path],
    ['DOCUMENT_ROOT', '/usr/share/nginx/html'],
    ['SERVER_PROTOCOL', 'HTTP/1.1'],
    ['REQUEST_SCHEME', 'http'],
    ['GATEWAY_INTERFACE', 'CGI/1.1'],
    ['SERVER_SOFTWARE', 'nginx/1.22.1'],
    ['REMOTE_ADDR', '127.0.0.1'],
    ['REMOTE_PORT', '40000'],
    ['SERVER_ADDR', '127.0.0.1'],
    ['SERVER_PORT', '80'],
    ['SERVER_NAME', 'localhost'],
    ['REDIRECT_STATUS', '200'],
    ['HTTP_HOST', 'example.org'],
  ];
}

const get: Var[] = [
  ['REQUEST_METHOD', 'GET'],
  ['SCRIPT_NAME', '/'],
];
const post = (length: string): Var[] => [
  ['REQUEST_METHOD', 'POST'],
  ['CONTENT_LENGTH', length],
];
const params = (vars: readonly Var[], size?: number) => stream(type.params, nameValues(vars), size);
const stdin = (body = '', size?: number) => stream(type.stdin, body, size);
const all = (...records: Buffer[]) => Buffer.concat(records);
/** nginx fills each record up to the next eight bytes. */
const nginxParamsRecord = (vars: Var[]) => {
  const block = nameValues(vars);
  return all(record(type.params, block, { padding: -block.length & 7 }), record(type.params));
};

const peers: Record<string, FastcgiSource> = {
  '001-nginx-get': {
    why: 'the stock fastcgi_params, padded as nginx does',
    vars: nginxParams('GET', '/a?x=1', ''),
    bytes: all(begin(), nginxParamsRecord(nginxParams('GET', '/a?x=1', '')), stdin()),
  },
  '002-nginx-post': {
    why: 'the stock fastcgi_params with a body',
    vars: nginxParams('POST', '/form', '10'),
    contentLength: 10,
    body: 'name=value',
    bytes: all(
      begin(),
      nginxParamsRecord(nginxParams('POST', '/form', '10')),
      record(type.stdin, 'name=value', { padding: 6 }),
      record(type.stdin),
    ),
  },
  '003-without-length': {
    why: 'a chunked request that nginx passes on as it comes: the end of stdin is the end of the body',
    vars: nginxParams('POST', '/up', ''),
    body: 'three pieces',
    bytes: all(begin(), params(nginxParams('POST', '/up', '')), stdin('three pieces', 5)),
  },
};

const records: Record<string, FastcgiSource> = {
  '010-no-keep': { why: 'FCGI_KEEP_CONN is not set', keep: 0, vars: get },
  '011-largest-id': { why: 'ids have 16 bits', vars: get, bytes: encodeFastcgi(get, '', { id: 65_535 }) },
  '012-params-in-pieces': {
    why: 'names and values are cut anywhere',
    vars: get,
    bytes: all(begin(), params(get, 5), stdin()),
  },
  '013-params-byte-by-byte': {
    why: 'a record for each byte',
    vars: get,
    bytes: all(begin(), params(get, 1), stdin()),
  },
  '014-most-padding': {
    why: '255 bytes behind every record, the empty ones too',
    vars: post('5'),
    contentLength: 5,
    body: 'hello',
    bytes: encodeFastcgi(post('5'), 'hello', { padding: 255 }),
  },
  '015-lengths-127-128': {
    why: 'the largest length of one byte, the smallest that needs four',
    vars: [...get, ['K'.repeat(127), 'v'.repeat(128)], ['L'.repeat(128), 'w'.repeat(127)]],
  },
  '016-long-lengths': {
    why: 'four bytes for lengths that fit in one',
    vars: get,
    bytes: all(begin(), stream(type.params, nameValues(get, true)), stdin()),
  },
  '017-empty-values': {
    why: 'an empty value is a value',
    vars: [...get, ['QUERY_STRING', ''], ['HTTPS', '']],
  },
  '018-largest-block': {
    why: 'one value fills the largest block',
    vars: [['K', { repeat: 'v', times: maxBlock - 1 - 1 - 4 }]],
  },
  '019-largest-block-in-pieces': {
    why: 'the same in records of 1000 bytes',
    vars: [['K', { repeat: 'v', times: maxBlock - 1 - 1 - 4 }]],
    bytes: all(begin(), params([['K', 'v'.repeat(maxBlock - 1 - 1 - 4)]], 1000), stdin()),
  },
  '020-most-vars': {
    why: '13107 vars, the most that are taken',
    vars: [{ repeat: ['K', ''], times: 13_107 }],
  },
  '021-latin1-and-nul': {
    why: 'every byte is a character',
    vars: [...get, ['HTTP_X_BYTES', everyByte], ['A\0B', '\0'], ['K\u00ff', '\u00e9']],
  },
  '022-prototype-keys': {
    why: 'names that mean something to JavaScript are ordinary keys',
    vars: [...get, ['__proto__', 'x'], ['constructor', 'y'], ['0', 'z']],
  },
  '023-block-like-records': {
    why: 'a value that looks like the records behind it',
    vars: [...get, ['HTTP_X_RECORDS', all(record(type.params), record(type.stdin)).toString('latin1')]],
  },
};

const bodies: Record<string, FastcgiSource> = {
  '030-length-zero': { why: 'a body of no bytes', vars: post('0'), contentLength: 0 },
  '031-body-in-pieces': {
    why: 'records of three bytes',
    vars: post('10'),
    contentLength: 10,
    body: '0123456789',
    bytes: all(begin(), params(post('10')), stdin('0123456789', 3)),
  },
  '032-body-binary': { why: 'every byte is data', vars: post('256'), contentLength: 256, body: everyByte },
  '033-body-large': {
    why: 'more than the default post-buffering: it streams',
    vars: post('70000'),
    contentLength: 70_000,
    body: { repeat: '0123456789', times: 7000 },
  },
  '034-surplus': {
    why: 'the body ends after CONTENT_LENGTH bytes, whatever stdin says',
    vars: post('4'),
    contentLength: 4,
    body: 'body',
    surplus: 'stray',
  },
  '035-body-like-records': {
    why: 'records as a body are a body',
    vars: post('16'),
    contentLength: 16,
    body: begin().toString('latin1'),
  },
};

const values: Var[] = [
  ['FCGI_MPXS_CONNS', ''],
  ['FCGI_MAX_CONNS', ''],
  ['NOBODY_KNOWS', ''],
];

const others: Record<string, FastcgiSource> = {
  '040-get-values': {
    why: 'a management record in front of the request',
    steps: ['values', 'head', 'end'],
    vars: get,
    bytes: all(record(type.getValues, nameValues(values), { id: 0 }), encodeFastcgi(get)),
  },
  '041-unknown-type': {
    why: 'a management record of a type that nobody knows',
    steps: ['unknown-type', 'head', 'end'],
    vars: get,
    bytes: all(record(77, 'what?', { id: 0 }), encodeFastcgi(get)),
  },
  '042-unknown-role': {
    why: 'an authorizer is wanted, then a responder',
    steps: ['unknown-role', 'head', 'end'],
    vars: get,
    bytes: all(begin({ role: 2 }), encodeFastcgi(get)),
  },
  '043-multiplexed-in-params': {
    why: 'another request between the records of the vars, which is refused',
    steps: ['multiplexed', 'head', 'end'],
    vars: get,
    bytes: all(begin(), record(type.params, nameValues(get)), begin({ id: 2 }), record(type.params), stdin()),
  },
  '044-multiplexed-in-stdin': {
    why: 'another request between the records of the body, with the records of its own',
    steps: ['head', 'multiplexed', 'end'],
    vars: post('5'),
    contentLength: 5,
    body: 'hello',
    bytes: all(
      all(begin(), params(post('5')), record(type.stdin, 'hel')),
      encodeFastcgi(get, 'no', { id: 2 }),
      all(record(type.stdin, 'lo'), record(type.stdin)),
    ),
  },
  '045-aborted-in-params': {
    why: 'the front server gives up before the vars are complete',
    steps: ['aborted'],
    bytes: all(begin(), record(type.params, nameValues(get)), record(type.abort)),
  },
  '046-aborted-in-stdin': {
    why: 'the front server gives up before the body is complete',
    steps: ['head', 'aborted'],
    vars: post('5'),
    contentLength: 5,
    bytes: all(begin(), params(post('5')), record(type.stdin, 'hel'), record(type.abort)),
  },
  '047-records-of-nobody': {
    why: 'what belongs to no request is ignored (section 3.3)',
    vars: get,
    bytes: all(record(type.stdin, 'late'), record(type.abort, '', { id: 9 }), encodeFastcgi(get)),
  },
};

export const validFastcgi = { ...peers, ...records, ...bodies, ...others };

function bad(reason: InvalidReason, why: string, bytes: Buffer, varsBefore = 0): InvalidSource {
  return { why, reason, varsBefore, bytes };
}

/** A vars block that need not be well-formed, behind two good vars. */
const block = (reason: InvalidReason, why: string, ...tail: (Buffer | string)[]) => {
  const pieces = tail.map((piece) => (typeof piece === 'string' ? latin1(piece) : piece));
  const bytes = all(begin(), stream(type.params, all(nameValues(get), ...pieces)), stdin());
  return bad(reason, why, bytes, 2);
};
const length = (why: string, value: string) =>
  bad('bad-content-length', why, encodeFastcgi(post(value), 'hello'), 1);

export const invalidFastcgi: Record<string, InvalidSource> = {
  '001-http': bad('http', 'HTTP', latin1('GET / HTTP/1.1\r\nHost: example.org\r\n\r\n')),
  '002-tls': bad(
    'tls',
    'a ClientHello',
    latin1(`\x16\x03\x01\x01\x00\x01\x00\x00\xfc\x03\x03${'Z'.repeat(32)}`),
  ),
  '003-uwsgi': bad('version', 'a uwsgi packet', latin1('\0\x05\0\0\x01\0K\0\0')),
  '004-scgi': bad('version', 'an SCGI packet', latin1('17:CONTENT_LENGTH\x000\0,')),
  '005-version-2': bad(
    'version',
    'a FastCGI that nobody has specified',
    record(type.begin, Buffer.alloc(8), { version: 2 }),
  ),
  '006-version-in-params': bad(
    'version',
    'the second record is none',
    all(begin(), record(type.params, 'x', { version: 0 })),
  ),
  '007-version-in-stdin': bad(
    'version',
    'a record of the body is none',
    all(begin(), params(post('5')), record(type.stdin, 'hello', { version: 3 })),
    0,
  ),
  '010-short-begin': bad(
    'unexpected',
    'FCGI_BEGIN_REQUEST has eight bytes',
    record(type.begin, '\0\x01\x01'),
  ),
  '011-begin-twice': bad('unexpected', 'the same request begins again', all(begin(), begin())),
  '012-stdin-in-params': bad(
    'unexpected',
    'the body before the vars are complete',
    all(begin(), record(type.params, nameValues(get)), record(type.stdin, 'x')),
  ),
  '013-params-in-stdin': bad(
    'unexpected',
    'vars behind the end of the vars',
    all(begin(), params(post('5')), record(type.params, nameValues(get))),
  ),
  '014-data': bad(
    'unexpected',
    'FCGI_DATA is for filters',
    all(begin(), params(get), record(type.data, 'x')),
  ),
  '015-stdout': bad('unexpected', 'what only a server sends', all(begin(), record(type.stdout, 'x'))),
  '020-no-vars': bad('no-vars', 'the vars end at once', all(begin(), params([]), stdin())),
  '021-empty-name': block('empty-key', 'a name of no bytes', '\0\x01v'),
  '022-no-value-length': block('truncated-var', 'half of the lengths', '\x01'),
  '023-half-a-length': block('truncated-var', 'two bytes of four', '\x80\0'),
  '024-half-a-value-length': block('truncated-var', 'three bytes of four', '\x01\x80\0\0'),
  '025-name-past-end': block('truncated-var', 'a name that ends one byte behind the block', '\x03\0ab'),
  '026-value-past-end': block('truncated-var', 'a value that ends one byte behind the block', '\x01\x03Kab'),
  '027-largest-length': block('truncated-var', 'a name of 2 GiB', nameLength(0x7fff_ffff), '\0K'),
  '028-lengths-overflow': block(
    'truncated-var',
    'two lengths whose sum has 33 bits',
    nameLength(0x7fff_ffff),
    nameLength(0x7fff_ffff),
  ),
  '029-too-many-vars': bad(
    'too-many-vars',
    'one more than are taken',
    encodeFastcgi(new Array<Var>(13_108).fill(['K', ''])),
    13_107,
  ),
  '030-length-negative': length('digits only', '-1'),
  '031-length-blank': length('digits only', ' 5'),
  '032-length-over-2-53': length('more than a JavaScript number holds exactly', '9007199254740992'),
  '033-short-body': bad(
    'short-body',
    'stdin ends before CONTENT_LENGTH bytes have come',
    encodeFastcgi(post('6'), 'hello'),
  ),
  '034-no-body': bad('short-body', 'a length, and no body', encodeFastcgi(post('1'))),
};
