/** The results as a file, and as a Markdown table for people. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { writeCharts } from './charts.js';
import { errors } from './errors.js';
import type { Figure, Series, Target } from './figure.js';
import type { Machine } from './machine.js';
import type { Options } from './options.js';
import { chartsDir, resultsDir, root } from './paths.js';
import type { Trial } from './session.js';
import { median } from './statistics.js';

export interface Report {
  machine: Machine;
  options: Options;
  figures: Figure[];
  trials: Trial[];
  /** Contenders that were left out, and why. */
  absent: Record<string, string>;
  /** Cases that broke off, and why. */
  failures: Record<string, string>;
}

export const BEGIN = '<!-- bench:begin -->';
export const END = '<!-- bench:end -->';

function number(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en').replaceAll(',', ' ');
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

function cell(series: Series, unit: string): string {
  return series.values.length === 0 ? '–' : `${number(median(series.values))} ${unit}`.trim();
}

function limit(target: Target | null): string {
  return target === null ? '' : `${target.kind === 'at most' ? '≤' : '≥'} ${target.limit}`;
}

function row(figure: Figure): string {
  const { title, unit, ours, against, result, target, met } = figure;
  const ofUnit = against === null && result !== null ? ` ${unit}` : '';
  return `| ${[
    title,
    cell(ours, unit),
    against === null ? '' : `${against.label}: ${cell(against, unit)}`,
    result === null ? 'not measured' : `${number(result)}${ofUnit}`.trim(),
    limit(target),
    met === null ? '' : met ? 'yes' : '**no**',
  ].join(' | ')} |`;
}

export function markdown({ machine, options, figures }: Report): string {
  const { versions } = machine;
  return [
    '| figure | measured | against | ratio or value | target | reached |',
    '|---|---|---|---|---|---|',
    ...figures.map(row),
    '',
    `${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}; Node ${versions.node}, uWSGI ${versions.uwsgi}, ` +
      `${versions.python}, ${versions.nginx}; ${machine.date.slice(0, 10)}, commit ${machine.commit}` +
      `${machine.dirty ? ' with changes' : ''}; ${options.rounds} rounds of ${options.seconds} s.`,
  ].join('\n');
}

/** Results are committed: no path of the machine that made them belongs there. */
export function withoutPaths(text: string): string {
  return text
    .replaceAll(/[^" ]*\/uwsgi-bench-\w+\/trial-\w+/g, '$DIR')
    .replaceAll(process.execPath, 'node')
    .replaceAll(root, '.');
}

/** @returns the path of the file. */
export function saveReport(report: Report): string {
  const { date, commit } = report.machine;
  const name = `${date.slice(0, 16).replace(':', '')}-${commit ?? 'uncommitted'}.json`;
  const { out, writeReadme, baseline } = report.options;
  const path = out ?? (writeReadme ? baseline : join(resultsDir, name));
  mkdirSync(dirname(path), { recursive: true });
  const options = { ...report.options, out: undefined, baseline: undefined };
  writeFileSync(path, `${withoutPaths(JSON.stringify({ ...report, options }, null, 2))}\n`);
  return path;
}

/** Replaces what lies between the markers. @throws BenchError when the text has no markers. */
export function withTable(file: string, text: string, table: string): string {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin === -1 || end < begin) throw errors.noMarkers(file, BEGIN, END);
  return `${text.slice(0, begin + BEGIN.length)}\n${table}\n${text.slice(end)}`;
}

/** Charts, then the figures that have targets; the whole table is in bench/results. */
export function writeReadme(report: Report): void {
  const pictures = writeCharts(chartsDir, report.figures).map(
    ({ path, title }) => `![${title}](${relative(root, path)})`,
  );
  const judged = { ...report, figures: report.figures.filter(({ target }) => target !== null) };
  const path = join(root, 'README.md');
  const text = [...pictures, markdown(judged)].join('\n\n');
  writeFileSync(path, withTable('README.md', readFileSync(path, 'utf8'), text));
  writeFileSync(
    join(resultsDir, 'table.md'),
    `# All figures of the run that the README shows\n\n${markdown(report)}\n`,
  );
}
