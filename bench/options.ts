/** The command line of the benchmark. */
import { parseArgs } from 'node:util';
import { errors } from './errors.js';
import { baselineFile } from './paths.js';

export interface Options {
  /** Ids; empty: all. */
  cases: string[];
  /** Names; empty: all. */
  contenders: string[];
  rounds: number;
  /** Seconds of load per trial, after the warm-up. */
  seconds: number;
  /** Requests of the memory case after its warm-up. */
  memoryRequests: number;
  /** File for the JSON, or null for bench/results/<date>-<commit>.json. */
  out: string | null;
  writeReadme: boolean;
  /** File with the figures to compare with. */
  baseline: string;
  list: boolean;
  help: boolean;
}

export const usage = `npm run bench -- [options]
  --cases a,b          only these (see --list)
  --contenders a,b     only these, by the names that the progress lines have: uwsgi-node, uwsgi, floor, …
  --rounds N           fresh processes per contender and case (3)
  --seconds S          load per contender and round (3)
  --memory-requests N  requests of the memory case (1000000)
  --out FILE           where the JSON goes (bench/results/<date>-<commit>.json)
  --write-readme       put table and charts into README.md, and the figures into the baseline
  --baseline FILE      dearer than there by 10 % of the floor's CPU: exit code 1 (bench/results/baseline.json)
  --list               the cases and what they measure
`;

const names = (text: string | undefined): string[] =>
  text === undefined ? [] : text.split(',').filter(Boolean);

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw errors.badNumber(option, text);
  return value;
}

export function parseOptions(argv: string[]): Options {
  const { values } = parseArgs({
    args: argv,
    options: {
      cases: { type: 'string' },
      contenders: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '3' },
      'memory-requests': { type: 'string', default: '1000000' },
      out: { type: 'string' },
      'write-readme': { type: 'boolean', default: false },
      baseline: { type: 'string', default: baselineFile },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    cases: names(values.cases),
    contenders: names(values.contenders),
    rounds: Math.ceil(positive('rounds', values.rounds)),
    seconds: positive('seconds', values.seconds),
    memoryRequests: positive('memory-requests', values['memory-requests']),
    out: values.out ?? null,
    writeReadme: values['write-readme'],
    baseline: values.baseline,
    list: values.list,
    help: values.help,
  };
}
