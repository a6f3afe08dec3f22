import { describe, expect, it } from 'vitest';
import { HeadEdit } from '../../../src/thread/head-edit.js';
import { makeHead, withLength } from '../../../src/wsgi/headers.js';

const edit = (addHeader: [string, string][], remHeader: string[]) => HeadEdit.of({ addHeader, remHeader })!;

describe('a head', () => {
  const head = makeHead('200 X-Gone: no', [
    ['Content-Type', 'text/plain'],
    ['X-Gone', '1'],
    ['x-GONE', '2'],
    ['X-Gone-By', '3'],
  ]);

  it('loses what is taken out, in any case, and then gains what is added', () => {
    const edited = edit([['X-Gone', 'added']], ['x-gone', 'content-length']).ofHead(withLength(head, 7));
    expect(edited).toEqual({
      code: 200,
      status: '200 X-Gone: no',
      headers: [
        ['Content-Type', 'text/plain'],
        ['X-Gone-By', '3'],
        ['X-Gone', 'added'],
      ],
      text: '200 X-Gone: no\r\nContent-Type: text/plain\r\nX-Gone-By: 3\r\nX-Gone: added\r\n',
      contentLength: 7,
    });
  });

  it('is edited once where it is the same again', () => {
    const twice = edit([['A', '1']], []);
    expect(twice.ofHead(head)).toBe(twice.ofHead(head));
    expect(twice.ofHead(makeHead('204 No Content', []))).toMatchObject({ code: 204, headers: [['A', '1']] });
  });

  it('carries the bytes of the configuration', () => {
    expect(
      edit([['A', 'ü']], [])
        .ofHead(head)
        .headers.at(-1),
    ).toEqual(['A', 'Ã¼']);
  });

  it('is taken literally, whatever the names say to a regular expression', () => {
    const text = '200 OK\r\nXaY: 1\r\nX.Y: 2\r\n';
    expect(edit([], ['X.Y', '^$|']).ofHead({ ...head, text }).text).toBe('200 OK\r\nXaY: 1\r\n');
  });

  it('is left alone where there is nothing to do', () => {
    expect(HeadEdit.of({ addHeader: [], remHeader: [] })).toBeNull();
  });
});

describe('a response that is written', () => {
  const text = 'HTTP/1.1 200 OK\r\nX-Gone: 1\r\nA: b\r\n\r\nX-Gone: body\r\n\r\n';
  const wanted = 'HTTP/1.1 200 OK\r\nA: b\r\nC: ü\r\n\r\nX-Gone: body\r\n\r\n';
  const both = edit([['C', 'ü']], ['X-Gone']);

  it('is edited up to its empty line', () => {
    expect(both.ofText(text, 'utf8')).toBe(wanted);
    expect(Buffer.from(both.ofText(text, 'latin1'), 'latin1').toString()).toBe(wanted);
    expect(Buffer.from(both.ofBytes(Buffer.from(text))).toString()).toBe(wanted);
  });

  it('is left alone where it is none', () => {
    expect(both.ofText('X-Gone: 1\r\n', 'latin1')).toBe('X-Gone: 1\r\n');
    expect(Buffer.from(both.ofBytes(Buffer.from('abc'))).toString()).toBe('abc');
  });
});
