/** What the log says of connections that never reached the application. */
import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../src/config/default-settings.js';
import { Rejection } from '../../../src/native.js';
import { refusalLine, rejectionLine } from '../../../src/thread/rejections.js';

const settings = { ...defaultSettings(), bufferSize: 4096, limitPost: 1000, socketTimeout: 4 };
const line = (reason: number, detail = 0) => rejectionLine(reason, '10.0.0.1:4711', detail, settings);

describe('a line', () => {
  it('begins with the time, as the verbose lines of uWSGI do, and ends with the peer', () => {
    expect(line(Rejection.malformed, 1)).toMatch(
      /^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4} - invalid uwsgi request: .* \[peer: 10\.0\.0\.1:4711\]$/,
    );
  });

  it.each<[keyof typeof Rejection, number, string]>([
    ['malformed', 1, 'a var with an empty name...400'],
    ['malformed', 2, 'a var that runs past the end of the packet...400'],
    ['malformed', 3, 'a CONTENT_LENGTH that is not a number...400'],
    ['malformed', 4, 'no vars at all...400'],
    ['http', 0, 'for HTTP use http-socket'],
    ['tls', 0, 'TLS ends at the front server'],
    ['tooSlow', 12, 'after 4 seconds of silence, 12 bytes had come...408'],
    // What people search for (uWSGI's own words).
    ['bodyTooLarge', 5000, 'Invalid (too big) CONTENT_LENGTH: 5000 (max 1000)'],
    ['varsTooLarge', 21573, 'invalid request block size: 21573 (max 4096)'],
    ['modifier', 5, '-- unavailable modifier requested: 5 --'],
    ['truncated', 7, 'inside a request, after 7 bytes'],
    ['outOfDescriptors', 24, 'out of file descriptors'],
    ['stopped', 0, '503'],
  ])('of %s (%d) says: %s', (reason, detail, words) => {
    expect(line(Rejection[reason], detail)).toContain(words);
  });

  it('is one line, and never the one for what is not known', () => {
    for (const reason of Object.values(Rejection)) {
      expect(line(reason, 1)).not.toMatch(/\n|a connection was refused/);
    }
  });

  it('exists for refusals over HTTP', () => {
    expect(refusalLine('431 Request Header Fields Too Large', '', 'the head is too large')).toMatch(
      / - HTTP: the head is too large\.\.\.431 \[peer: unix\]$/,
    );
  });
});
