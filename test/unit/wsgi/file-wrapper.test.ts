/** PEP 3333, "Optional Platform-Specific File Handling". */
import { describe, expect, it, vi } from 'vitest';
import { fileWrapper } from '../../../src/wsgi/file-wrapper.js';
import type { Application } from '../../../src/wsgi/types.js';
import { FakeSink } from './fake-sink.js';
import { answering, serve } from './serve.js';

function fileOf(...blocks: (string | Uint8Array)[]) {
  return {
    sizes: [] as number[],
    closings: 0,
    read(size: number) {
      this.sizes.push(size);
      return blocks.shift() ?? '';
    },
    close() {
      this.closings++;
    },
  };
}

describe('a wrapped file', () => {
  it('is read block by block to its end, and closed', () => {
    const file = fileOf('a', Buffer.from('b'), 'c');
    const { text, sink } = serve(answering(() => fileWrapper(file)));
    expect([text, file.closings]).toEqual(['abc', 1]);
    expect(sink.calls).toEqual(['begin 200', 'write b', 'write c', 'end']);
  });

  it('is read in blocks of 64 KiB, or of the size that is given', () => {
    for (const [wrapped, size] of [
      [(file: ReturnType<typeof fileOf>) => fileWrapper(file), 65536],
      [(file: ReturnType<typeof fileOf>) => fileWrapper(file, 10), 10],
    ] as const) {
      const file = fileOf('a');
      serve(answering(() => wrapped(file)));
      expect(file.sizes).toEqual([size, size]);
    }
  });

  it('need not have a close()', () => {
    const { errors, text } = serve(answering(() => fileWrapper({ read: () => '' })));
    expect([text, errors]).toEqual(['', []]);
  });

  it('is closed when it cannot be read', () => {
    const file = Object.assign(fileOf(), {
      read: () => {
        throw new Error('EIO');
      },
    });
    const { status } = serve(answering(() => fileWrapper(file)));
    expect([status, file.closings]).toEqual([500, 1]);
  });
});

it('a file is no answer to HEAD, whatever the application makes of its environ', () => {
  const sink = Object.assign(new FakeSink(), { sendFile: vi.fn(() => true) });
  const file = Object.assign(fileOf('a'), { fd: 9 });
  const override: Application = (environ, startResponse) => {
    environ.REQUEST_METHOD = 'GET';
    startResponse('200 OK', []);
    return fileWrapper(file);
  };
  serve(override, { method: 'HEAD', sink });
  expect([sink.sendFile.mock.calls.length, sink.calls, file.closings]).toEqual([0, ['respond 200'], 1]);
});
