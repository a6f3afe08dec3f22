/**
 * The benchmark: runs in a process of its own, starts every server afresh for every trial, and drives it from the
 * same machine. How to read the figures: bench/README.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { buildBinary } from './binaries.js';
import { cases } from './cases/all.js';
import { endChildrenWithThisProcess } from './children.js';
import { BenchError, errors } from './errors.js';
import type { Figure } from './figure.js';
import { describeMachine } from './machine.js';
import { parseOptions, usage } from './options.js';
import { readBaseline, regressions } from './regression.js';
import { markdown, saveReport, writeReadme } from './report.js';
import { type Case, Session } from './session.js';
import { calibrateSlowRounds } from './slow-work.js';
import { median } from './statistics.js';

/** What the kernel and a quiet machine's daemons take anyway. */
const FOREIGN_CORES_LIMIT = 0.1;

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

function makeDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'uwsgi-bench-'));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function selectCases(ids: readonly string[]): readonly Case[] {
  for (const id of ids) {
    if (!cases.some((one) => one.id === id))
      throw errors.unknown(
        'case',
        id,
        cases.map((one) => one.id),
      );
  }
  return ids.length === 0 ? cases : cases.filter((one) => ids.includes(one.id));
}

/** A warning when other programs took CPU while servers were measured. */
function warnOfNoise(session: Session): void {
  const shares = session.trials.flatMap(({ measurement }) =>
    'foreignCores' in measurement ? Number(measurement.foreignCores) : [],
  );
  if (shares.length === 0 || median(shares) <= FOREIGN_CORES_LIMIT) return;
  say(`warning: other programs kept ${median(shares).toFixed(2)} cores busy; run this on a quiet machine`);
}

async function runCases(session: Session): Promise<{ figures: Figure[]; failures: Record<string, string> }> {
  const figures: Figure[] = [];
  const failures: Record<string, string> = {};
  for (const benchCase of selectCases(session.options.cases)) {
    try {
      figures.push(...(await session.run(benchCase)));
    } catch (error) {
      if (!(error instanceof BenchError)) throw error;
      failures[benchCase.id] = error.message;
      say(`${benchCase.id} broke off: ${error.message}`);
    }
  }
  return { figures, failures };
}

/** @returns the exit code: 1 when a case broke off or a target was missed. */
async function main(argv: string[]): Promise<number> {
  const options = parseOptions(argv);
  if (options.help) process.stdout.write(usage);
  if (options.list) for (const { id, title } of cases) process.stdout.write(`${id.padEnd(16)} ${title}\n`);
  if (options.help || options.list) return 0;

  endChildrenWithThisProcess();
  const machine = describeMachine();
  // Read now: --write-readme replaces it.
  const baseline = readBaseline(options.baseline);
  await Promise.all([buildBinary('uwsgi_load'), buildBinary('floor')]);
  const session = new Session(options, calibrateSlowRounds(), makeDirectory(), say);
  const { figures, failures } = await runCases(session);

  const report = {
    machine,
    options,
    figures,
    trials: session.trials,
    absent: Object.fromEntries(session.absent),
    failures,
  };
  const table = markdown(report);
  process.stdout.write(`${table}\n`);
  warnOfNoise(session);
  for (const [name, reason] of session.absent) say(`left out: ${name}: ${reason}`);
  say(`all trials: ${relative(process.cwd(), saveReport(report))}`);
  if (options.writeReadme) writeReadme(report);
  const dearer = reportRegressions(baseline, figures);
  return dearer || Object.keys(failures).length > 0 || figures.some((figure) => figure.met === false) ? 1 : 0;
}

/** @returns whether a request costs more than the committed figures say */
function reportRegressions(before: readonly Figure[] | null, now: readonly Figure[]): boolean {
  const found = before === null ? [] : regressions(before, now);
  for (const { title, before: old, now: ratio } of found) {
    say(`dearer than the baseline: ${title}: ${ratio.toFixed(2)}, was ${old.toFixed(2)}`);
  }
  return found.length > 0;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const { code, message, stack } = error as NodeJS.ErrnoException;
    const isForUsers = error instanceof BenchError || code?.startsWith('ERR_PARSE_ARGS');
    say(isForUsers ? message : String(stack));
    process.exit(2);
  },
);
