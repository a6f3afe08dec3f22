/** What is noted of a request from its environ, where no engine has read a packet: on the scoreboard, in the log. */
import type { RequestNote } from '../stats/core-score.js';
import type { Environ } from '../wsgi/types.js';

/** For the scoreboard and the lines about requests that take too long. */
export function noteOf({ REQUEST_METHOD, REMOTE_ADDR, REQUEST_URI, PATH_INFO }: Environ): RequestNote {
  return {
    method: REQUEST_METHOD,
    address: String(REMOTE_ADDR ?? ''),
    uri: String(REQUEST_URI ?? PATH_INFO),
  };
}

/** As if the head had come in a packet: the server's own keys are in lower case. */
export function countVars(environ: Environ): number {
  let count = 0;
  for (const name of Object.keys(environ)) if (name.charCodeAt(0) < 97) count += 1;
  return count;
}
