import { expect, it } from 'vitest';
import { parseTraceParent } from '../../../src/thread/traceparent.js';

const trace = '0af7651916cd43dd8448eb211c80319c';
const span = 'b7ad6b7169203331';

it.each([
  ['of version 00', `00-${trace}-${span}-01`, true],
  ['that is not sampled, by a flag nobody knows yet', `00-${trace}-${span}-02`, false],
  ['of a later version, with more behind', `01-${trace}-${span}-03-more`, true],
  ['with blanks around', ` 00-${trace}-${span}-01 `, true],
])('takes one %s', (_what, header, sampled) => {
  expect(parseTraceParent(header)).toEqual({ traceId: trace, parentId: span, sampled });
});

it.each([
  ['there is none', undefined],
  ['it came twice', `00-${trace}-${span}-01, 00-${trace}-${span}-01`],
  ['its version is ff', `ff-${trace}-${span}-01`],
  ['version 00 has more behind', `00-${trace}-${span}-01-more`],
  ['its trace is zero', `00-${'0'.repeat(32)}-${span}-01`],
  ['its span is zero', `00-${trace}-${'0'.repeat(16)}-01`],
  ['it has capitals', `00-${trace.toUpperCase()}-${span}-01`],
  ['it is too short', `00-${trace.slice(1)}-${span}-01`],
])('ignores it where %s', (_when, header) => {
  expect(parseTraceParent(header)).toBeNull();
});
