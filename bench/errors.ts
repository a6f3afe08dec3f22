/** Everything that can stop a benchmark, in words that say what to do. */

export class BenchError extends Error {
  override name = 'BenchError';
}

export const errors = {
  compile: (binary: string, output: string) =>
    new BenchError(`bench/load: ${binary} does not compile; a C++20 compiler is needed as c++:\n${output}`),

  unknown: (kind: string, name: string, known: string[]) =>
    new BenchError(`there is no ${kind} '${name}'; known: ${known.join(', ')}`),

  badNumber: (option: string, text: string) =>
    new BenchError(`--${option} ${text}: give a number greater than 0`),

  notReady: (contender: string, seconds: number, log: string) =>
    new BenchError(`${contender} gave no answer within ${seconds} s. Its log:\n${log}`),

  silent: (address: string) => new BenchError(`${address}: the server took the request and says nothing`),

  exited: (contender: string, how: string, log: string) =>
    new BenchError(`${contender} exited (${how}) before its time. Its log:\n${log}`),

  processDied: (pid: number) =>
    new BenchError(`process ${pid} of the server under test died during the trial: the figures are void`),

  toolFailed: (command: string, how: string, output: string) =>
    new BenchError(`${command}: ${how}\n${output}`),

  requestsFailed: (contender: string, kinds: object) =>
    new BenchError(
      `${contender}: requests failed: ${JSON.stringify(kinds)}; a server that errs has no figures`,
    ),

  noAllocations: (what: string) =>
    new BenchError(`apps/count-allocations.cjs has not ${what}: is its server of Node?`),

  wrongAnswer: (contender: string, what: string) => new BenchError(`${contender}: ${what}`),

  noMarkers: (file: string, begin: string, end: string) =>
    new BenchError(`${file} has no ${begin} … ${end}: add both lines where the table belongs`),
};
