/** PEP 3333, "Handling the Content-Length Header": the peer is never told one thing and sent another. */
import { describe, expect, it } from 'vitest';
import type { Application } from '../../../../src/wsgi/types.js';
import { answering, serveWhole, settle } from '../serve.js';

const shapes: [name: string, make: (chunks: string[]) => Application][] = [
  ['a string', (chunks) => declaring(() => chunks.join(''))],
  ['a list', (chunks) => declaring(() => chunks)],
  ['a promised string', (chunks) => declaring(async () => chunks.join(''))],
  ['a generator', (chunks) => declaring(() => chunks.values())],
  [
    'an async generator',
    (chunks) =>
      declaring(async function* () {
        yield* chunks;
      }),
  ],
  [
    'writes',
    (chunks) => (_, startResponse) => {
      const write = startResponse('200 OK', [['content-length', '6']]);
      for (const chunk of chunks) write(chunk);
      return null;
    },
  ],
];

const declaring = (body: () => unknown) => answering(body, [['Content-Length', '6']]);

describe.each(shapes)('a body of %s', (_, make) => {
  it('as long as declared is sent', async () => {
    const { text, errors, sink } = await serveWhole(make(['a€', '', 'bc']));
    expect([text, errors, sink.state]).toEqual(['a€bc', [], 'complete']);
  });

  it('longer than declared is cut there, and the application told once', async () => {
    const { text, errors, sink } = await serveWhole(make(['abcd', 'efgh', 'ijkl', 'mnop']));
    expect([text, sink.state]).toEqual(['abcdef', 'complete']);
    expect(errors).toMatchObject([
      { code: 'UWSGI_BODY_TOO_LONG', message: expect.stringContaining('6 bytes') },
    ]);
  });

  it('longer than declared from a chunk on is cut there', async () => {
    const { text, errors } = await serveWhole(make(['abcdef', 'ghi', 'jkl']));
    expect(text).toBe('abcdef');
    expect(errors).toMatchObject([{ code: 'UWSGI_BODY_TOO_LONG' }]);
  });

  it('may be cut inside a character', async () => {
    const { sink } = await serveWhole(make(['abcd', '€']));
    expect(sink.body).toEqual(Buffer.from('abcd€').subarray(0, 6));
  });

  it('shorter than declared never looks complete', async () => {
    const { status, sink, errors } = await serveWhole(make(['abc', 'de']));
    expect(errors).toMatchObject([
      { code: 'UWSGI_BODY_TOO_SHORT', message: expect.stringContaining('after 5 of the 6 bytes') },
    ]);
    // Where nothing has been sent yet there is a better answer than a reset.
    if (status === 200) expect([sink.body?.toString(), sink.state]).toEqual(['abcde', 'aborted']);
    else expect([status, sink.state]).toEqual([500, 'complete']);
  });

  it('without a byte is a 500', async () => {
    const { status, errors } = await serveWhole(make([]));
    expect(status).toBe(500);
    expect(errors).toMatchObject([{ code: 'UWSGI_BODY_TOO_SHORT' }]);
  });
});

describe('a body without an end', () => {
  it.each([
    [
      'a generator',
      function* (log: string[]) {
        try {
          for (;;) yield 'abc';
        } finally {
          log.push('closed');
        }
      },
    ],
    [
      'an async generator',
      async function* (log: string[]) {
        try {
          for (;;) yield 'abc';
        } finally {
          log.push('closed');
        }
      },
    ],
  ])('is left where its declared length is exceeded: %s', async (_, endless) => {
    const log: string[] = [];
    const { text, errors, sink } = await serveWhole(declaring(() => endless(log)));
    expect([text, sink.state]).toEqual(['abcabc', 'complete']);
    expect(errors).toMatchObject([{ code: 'UWSGI_BODY_TOO_LONG' }]);
    await settle();
    expect(log).toEqual(['closed']);
  });
});

describe('a Content-Length of 0', () => {
  const empty = (body: () => unknown) => serveWhole(answering(body, [['Content-Length', '0']]));

  it('goes with no body', async () => {
    const { sink, errors } = await empty(() => '');
    expect([sink.calls, errors]).toEqual([['respond 200'], []]);
  });

  it('cuts everything', async () => {
    for (const body of ['abc', ['a', 'b'], ['a', 'b'].values()]) {
      const { text, errors, sink } = await empty(() => body);
      expect([text, errors.length, sink.state]).toEqual(['', 1, 'complete']);
    }
  });
});

describe('without a Content-Length', () => {
  const lengthOf = async (application: Application) => {
    const { sink } = await serveWhole(application);
    return sink.head?.headers.find(([name]) => name === 'Content-Length')?.[1];
  };

  it('a body that is known as a whole gets one, in bytes', async () => {
    expect(await lengthOf(answering(() => 'a€', []))).toBe('4');
    expect(await lengthOf(answering(() => ['a', Buffer.from('bc')], []))).toBe('3');
    expect(await lengthOf(answering(async () => '', []))).toBe('0');
  });

  it('one that was remembered is not given to a body of another length', async () => {
    const lengths = ['abc', 'abc', 'ab', 'abc'].map((body) => lengthOf(answering(() => body, [])));
    expect(await Promise.all(lengths)).toEqual(['3', '3', '2', '3']);
  });

  it('a body that comes in pieces, or must not be there, gets none', async () => {
    expect(await lengthOf(answering(() => ['a', 'b'].values(), []))).toBeUndefined();
    const notModified: Application = (_, startResponse) => {
      startResponse('304 Not Modified', []);
      return 'x';
    };
    expect(await lengthOf(notModified)).toBeUndefined();
  });
});
