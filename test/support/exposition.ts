/**
 * A strict reader of the Prometheus text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/), with a
 * grammar of its own: what it takes, promtool takes.
 */

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface Family {
  type: string;
  help: string;
  samples: Sample[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\\\\n]|\\\\["\\\\n])*)"';
const helpLine = new RegExp(`^# HELP (${NAME}) (\\S.*)$`);
const typeLine = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`);
const sampleLine = new RegExp(`^(${NAME})(?:\\{((?:${LABEL})(?:,${LABEL})*)?\\})? (\\S+)$`);

/** @throws Error with the line that breaks a rule */
export function parseExposition(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  let current: [string, Family] | null = null;
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  for (const line of text.split('\n')) {
    const refuse = (why: string): never => {
      throw new Error(`${why}: ${line}`);
    };
    if (line === '') continue;
    const [, helped, help = ''] = helpLine.exec(line) ?? [];
    if (helped !== undefined) {
      if (families.has(helped)) refuse('a family in two places');
      current = [helped, { type: '', help, samples: [] }];
      families.set(...current);
      continue;
    }
    const [, typed, type = ''] = typeLine.exec(line) ?? [];
    if (typed !== undefined) {
      if (current?.[0] !== typed || current[1].type !== '') refuse('TYPE does not follow its HELP');
      current![1].type = type;
      continue;
    }
    const parts = sampleLine.exec(line) ?? refuse('no line of the format');
    const [, name = '', labelText = ''] = parts;
    const value = parts.at(-1)!;
    if (current === null || !belongs(name, ...current)) refuse('a sample outside of its family');
    const labels = Object.fromEntries(
      Array.from(labelText.matchAll(new RegExp(LABEL, 'g')), ([, label, content]) => [
        label!,
        plain(content!),
      ]),
    );
    const identity = `${name}${JSON.stringify(Object.entries(labels).sort())}`;
    if (seen.has(identity)) refuse('the same sample twice');
    seen.add(identity);
    if (!/^[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)$|^(?:Nan|NaN)$/.test(value)) refuse('no value');
    current![1].samples.push({ name, labels, value: Number(value.replace('Inf', 'Infinity')) });
  }
  for (const [name, family] of families) check(name, family);
  return families;
}

function belongs(sample: string, name: string, { type }: Family): boolean {
  if (sample === name) return type !== 'histogram';
  const suffixes = { histogram: ['_bucket', '_sum', '_count'], summary: ['_sum', '_count'] }[type] ?? [];
  return suffixes.some((suffix) => sample === name + suffix);
}

const plain = (text: string) => text.replace(/\\(["\\n])/g, (_, char) => (char === 'n' ? '\n' : char));

function check(name: string, { type, samples }: Family): void {
  if (type === '') throw new Error(`${name} has no TYPE`);
  if (type === 'counter' && samples.some(({ value }) => value < 0)) throw new Error(`${name} is below 0`);
  if (type !== 'histogram') return;
  const buckets = samples.filter((sample) => sample.name === `${name}_bucket`);
  const groups = Map.groupBy?.(buckets, keyOf) ?? new Map([['', buckets]]);
  for (const group of groups.values()) {
    const bounds = group.map(({ labels }) => Number(labels.le?.replace('+Inf', 'Infinity')));
    const sorted = bounds.every((bound, index) => index === 0 || bound > bounds[index - 1]!);
    const rising = group.every(({ value }, index) => index === 0 || value >= group[index - 1]!.value);
    const total = samples.find(
      (sample) => sample.name === `${name}_count` && keyOf(sample) === keyOf(group[0]!),
    );
    if (!sorted || !rising || bounds.at(-1) !== Number.POSITIVE_INFINITY) throw new Error(`${name}: buckets`);
    if (total?.value !== group.at(-1)!.value) throw new Error(`${name}: the count is not that of +Inf`);
  }
}

const keyOf = ({ labels: { le: _, ...others } }: Sample) => JSON.stringify(Object.entries(others).sort());
