import { defineOptions, list, notYetAll } from '../rows.js';

/** The four chains of rules, and when each is walked. */
const chains = {
  route: 'before a request runs',
  'final-route': 'after a request has run',
  'error-route': 'when a request has failed',
  'response-route': 'before the head of a response is sent',
} as const;

/** What a rule looks at. */
const subjects = {
  '': 'PATH_INFO',
  '-host': 'the Host header',
  '-uri': 'REQUEST_URI',
  '-qs': 'QUERY_STRING',
  '-remote-addr': 'REMOTE_ADDR',
  '-user-agent': 'the User-Agent header',
  '-remote-user': 'REMOTE_USER',
  '-referer': 'the Referer header',
} as const;

function rulesOf([chain, when]: [string, string]) {
  const matching = Object.entries(subjects).map(([suffix, subject]) =>
    list(`${chain}${suffix}`, 'REGEXP ACTION', `${when}: do this where ${subject} matches`),
  );
  // There is no status yet before the request runs.
  const status = list(`${chain}-status`, 'STATUS ACTION', `${when}: do this for a status`);
  return [
    ...matching,
    ...(chain === 'route' ? [] : [status]),
    list(`${chain}-label`, 'NAME', `${when}: a place that a goto action can jump to`),
    list(`${chain}-if`, 'CONDITION ACTION', `${when}: do this where a condition holds`),
    list(`${chain}-if-not`, 'CONDITION ACTION', `${when}: do this where a condition does not hold`),
    list(`${chain}-run`, 'ACTION', `${when}: always do this`),
  ];
}

export const routingOptions = defineOptions('routing', notYetAll(Object.entries(chains).flatMap(rulesOf)));
