/** PEP 3333, "The start_response() Callable": the order of calls, a second call, and its third argument. */
import { describe, expect, it } from 'vitest';
import type { StartResponse } from '../../../../src/wsgi/types.js';
import { FakeSink } from '../fake-sink.js';
import { plain, serve, serveWhole } from '../serve.js';

describe('start_response', () => {
  it('sends nothing by itself: the head goes with the first chunk that is not empty', () => {
    const sink = new FakeSink();
    const seen: string[][] = [];
    serve(
      function* (_, startResponse) {
        startResponse('200 OK', [plain]);
        for (const chunk of ['', '', 'a', '', 'b']) {
          seen.push([...sink.calls]);
          yield chunk;
        }
      },
      { sink },
    );
    expect(seen).toEqual([[], [], [], ['begin 200'], ['begin 200']]);
    expect(sink.calls).toEqual(['begin 200', 'write b', 'end']);
  });

  it('refuses an interim status, for which a client would wait for ever', () => {
    const { status, errors } = serve((_, startResponse) => {
      startResponse('103 Early Hints', [plain]);
      return 'x';
    });
    expect([status, String(errors[0])]).toEqual([
      500,
      expect.stringContaining("'103 Early Hints' announces"),
    ]);
  });

  it('may be called as late as in the first step of a generator', () => {
    const { text, status } = serve(function* (_, startResponse) {
      startResponse('201 Created', [plain]);
      yield 'late';
    });
    expect([status, text]).toEqual([201, 'late']);
  });

  it('may be called as late as in the first step of an async generator', async () => {
    const served = await serveWhole(async function* (_, startResponse) {
      await null;
      startResponse('201 Created', [plain]);
      yield 'late';
    });
    expect([served.status, served.text]).toEqual([201, 'late']);
  });

  it('may be called after a generator has yielded empty chunks', () => {
    const { text } = serve(function* (_, startResponse) {
      yield '';
      yield Buffer.alloc(0);
      startResponse('200 OK', []);
      yield 'x';
    });
    expect(text).toBe('x');
  });

  it('may be called while a promise is awaited', async () => {
    const served = await serveWhole(async (_, startResponse) => {
      await null;
      startResponse('202 Accepted', [plain]);
      return 'later';
    });
    expect([served.status, served.text]).toEqual([202, 'later']);
  });

  it('must be called before the first chunk that is not empty', () => {
    const { status, errors, text } = serve(function* (_, startResponse) {
      yield 'too soon';
      startResponse('200 OK', []);
    });
    expect([status, text]).toEqual([500, 'Internal Server Error\n']);
    expect(errors).toMatchObject([{ code: 'UWSGI_NOT_STARTED' }]);
  });

  it.each([
    ['a string', () => 'body'],
    ['a list', () => ['body']],
    ['an empty list', () => []],
    ['nothing', () => null],
    ['a generator that ends at once', function* () {}],
  ])('must be called at all: %s without it is a 500', (_, application) => {
    const { status, errors } = serve(application);
    expect(status).toBe(500);
    expect(errors).toMatchObject([{ code: 'UWSGI_NOT_STARTED' }]);
  });
});

describe('a second call', () => {
  it('without excInfo is an error in the application, which it can catch', () => {
    let caught: unknown;
    const { status, text } = serve((_, startResponse) => {
      startResponse('200 OK', [plain]);
      try {
        startResponse('404 Not Found', [plain]);
      } catch (error) {
        caught = error;
      }
      return 'fine';
    });
    expect(caught).toMatchObject({ code: 'UWSGI_STARTED_TWICE' });
    expect([status, text]).toEqual([200, 'fine']);
  });

  it.each([undefined, null])('takes %s for no excInfo', (excInfo) => {
    const { errors } = serve((_, startResponse) => {
      startResponse('200 OK', []);
      startResponse('200 OK', [], excInfo);
      return '';
    });
    expect(errors).toMatchObject([{ code: 'UWSGI_STARTED_TWICE' }]);
  });

  it('with excInfo replaces status and headers while the head is held back', () => {
    const { sink, text } = serve((_, startResponse) => {
      startResponse('200 OK', [plain, ['X-First', '1']]);
      startResponse('503 Service Unavailable', [['X-Second', '2']], new Error('database'));
      return 'sorry';
    });
    expect(sink.head).toMatchObject({
      code: 503,
      headers: [
        ['X-Second', '2'],
        ['Content-Length', '5'],
      ],
    });
    expect(text).toBe('sorry');
  });

  it('with excInfo replaces them in a generator that has yielded only empty chunks', () => {
    const { status } = serve(function* (_, startResponse) {
      startResponse('200 OK', []);
      yield '';
      startResponse('500 Oops', [], new Error());
      yield 'sorry';
    });
    expect(status).toBe(500);
  });

  it('with excInfo throws it once the head is out, so that the response is broken off', () => {
    const failure = new Error('too late');
    const { sink, errors, status } = serve(function* (_, startResponse) {
      startResponse('200 OK', []);
      yield 'some';
      startResponse('500 Oops', [], failure);
      yield 'never sent';
    });
    expect(errors).toEqual([failure]);
    expect([status, sink.state]).toEqual([200, 'aborted']);
    expect(sink.calls).toEqual(['begin 200', 'abort']);
  });

  it('with excInfo throws it after the whole response has been sent', () => {
    let start!: StartResponse;
    serve((_, startResponse) => {
      start = startResponse;
      start('200 OK', []);
      return 'all';
    });
    const failure = new Error('much too late');
    expect(() => start('500 Oops', [], failure)).toThrow(failure);
  });

  it('with excInfo may be the first one', () => {
    const { status } = serve((_, startResponse) => {
      startResponse('500 Oops', [], new Error());
      return 'sorry';
    });
    expect(status).toBe(500);
  });

  it('that is refused leaves the first one as it was', () => {
    const { status } = serve((_, startResponse) => {
      startResponse('200 OK', []);
      expect(() => startResponse('bad', [], new Error())).toThrow('status');
      return '';
    });
    expect(status).toBe(200);
  });
});

describe('write()', () => {
  it('sends the head with its first chunk, then what is returned', () => {
    const { sink, text } = serve((_, startResponse) => {
      const write = startResponse('200 OK', [plain]);
      write('a');
      write(Buffer.from('b'));
      return ['c', 'd'];
    });
    expect(text).toBe('abcd');
    expect(sink.calls).toEqual(['begin 200', 'write b', 'write cd', 'end']);
  });

  it.each([
    ['null', () => null, ''],
    ['an empty list', () => [], ''],
    ['a list with one chunk', () => ['c'], 'c'],
    ['a string', () => 'c', 'c'],
    [
      'a generator',
      function* () {
        yield 'c';
      },
      'c',
    ],
  ])('can be followed by %s', (_, body, rest) => {
    const { text, sink } = serve((_, startResponse) => {
      startResponse('200 OK', [])('w');
      return body();
    });
    expect([text, sink.state]).toEqual([`w${rest}`, 'complete']);
  });

  it('says whether the peer keeps up', () => {
    const sink = new FakeSink();
    const answers: boolean[] = [];
    serve(
      (_, startResponse) => {
        const write = startResponse('200 OK', []);
        answers.push(write('a'));
        sink.slow = true;
        answers.push(write('b'));
        sink.leave();
        answers.push(write('c'));
        return '';
      },
      { sink },
    );
    expect(answers).toEqual([true, false, false]);
  });

  it('is refused anything but text and bytes, where it is called', () => {
    const { status, text } = serve((_, startResponse) => {
      const write = startResponse('200 OK', []);
      expect(() => write(5 as never)).toThrow('a chunk of a body must be a string or a Uint8Array, not 5');
      return 'ok';
    });
    expect([status, text]).toEqual([200, 'ok']);
  });

  it('does nothing once the response is over', () => {
    let write!: (chunk: string) => boolean;
    const { sink } = serve((_, startResponse) => {
      write = startResponse('200 OK', []);
      return 'all';
    });
    expect(write('more')).toBe(false);
    expect(sink.calls).toEqual(['respond 200']);
  });
});
