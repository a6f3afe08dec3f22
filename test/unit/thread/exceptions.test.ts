import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultSettings } from '../../../src/config/default-settings.js';
import { exceptionReport } from '../../../src/thread/exceptions.js';
import type { Environ } from '../../../src/wsgi/types.js';

vi.mock('../../../src/log/stderr.js', () => ({ log: (...lines: string[]) => logged.push(...lines) }));
const logged: string[] = [];
beforeEach(() => {
  logged.length = 0;
});
afterEach(() => vi.restoreAllMocks());

const environ = { REQUEST_METHOD: 'GET', REQUEST_URI: '/a?b' } as Environ;
const none = { always: false, types: [], values: [], reprs: [] };

class NotFound extends Error {}

function spoiledBy(error: unknown, wanted: Partial<typeof none>): boolean {
  let spoiled = false;
  const settings = { ...defaultSettings(), reloadOnException: { ...none, ...wanted } };
  exceptionReport(settings as never, () => {
    spoiled = true;
  })(error, environ);
  return spoiled;
}

describe('an error', () => {
  it('is logged with its request and its stack, and not shown', () => {
    const error = new Error('on purpose');
    expect(exceptionReport(defaultSettings())(error, environ)).toBeUndefined();
    expect(logged).toEqual([`GET /a?b: ${error.stack}`]);
  });

  it('is shown with catch-exceptions, whatever it is', () => {
    const report = exceptionReport({ ...defaultSettings(), catchExceptions: true });
    expect(report('a text', environ)?.body).toBe("GET /a?b\n\n'a text'\n");
  });

  it.each([
    ['nothing is asked for', new Error('a'), {}, false],
    ['every error counts', 'a text', { always: true }, true],
    ['the name of its class is named', new NotFound('a'), { types: ['NotFound'] }, true],
    ['the name it has is named', Object.assign(new Error('a'), { name: 'Odd' }), { types: ['Odd'] }, true],
    ['another class is named', new Error('a'), { types: ['TypeError'] }, false],
    ['its message is named', new Error('no database'), { values: ['no database'] }, true],
    ['a part of its message is named', new Error('no database'), { values: ['no'] }, false],
    ['a thrown text is named', 'no database', { values: ['no database'] }, true],
    ['class and message are named', new TypeError('a'), { reprs: ['TypeError: a'] }, true],
  ])('asks for another worker, or not: %s', (_when, error, wanted, expected) => {
    expect(spoiledBy(error, wanted)).toBe(expected);
  });
});
