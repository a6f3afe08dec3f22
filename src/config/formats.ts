/**
 * The four ways to write a configuration. Each is read into the same lines of key and value, and by magic variables,
 * sections and repeats they differ no further (uwsgi-map 3.7).
 */
import { parseIni } from './ini.js';
import { parseJson } from './json.js';
import type { ParsedSection } from './parsed-section.js';
import { parseXml } from './xml.js';
import { parseYaml } from './yaml.js';

export interface Format {
  /** As uWSGI's start-up line has it. */
  readonly announce: (file: string) => string;
  readonly suffixes: readonly string[];
  /** @throws {FormatError} */
  readonly parse: (text: string, section: string | null) => ParsedSection;
}

const getting = (name: string) => (file: string) => `[uWSGI] getting ${name} configuration from ${file}`;

/** By the name of the option that loads them. */
export const formats = {
  ini: {
    announce: getting('INI'),
    suffixes: ['.ini'],
    parse: (text, section) => parseIni(text, section ?? 'uwsgi'),
  },
  xml: {
    announce: (file) => `[uWSGI] parsing config file ${file}`,
    suffixes: ['.xml'],
    parse: parseXml,
  },
  yaml: {
    announce: getting('YAML'),
    suffixes: ['.yaml', '.yml'],
    parse: (text, section) => parseYaml(text, section ?? 'uwsgi'),
  },
  json: {
    announce: getting('JSON'),
    suffixes: ['.json', '.js'],
    parse: (text, section) => parseJson(text, section ?? 'uwsgi'),
  },
} satisfies Record<string, Format>;
export type FormatName = keyof typeof formats;

/** The format that a name's ending says, or null. A section behind the name hides the ending, as in uWSGI. */
export function formatOf(name: string): FormatName | null {
  const entries = Object.entries(formats) as [FormatName, Format][];
  return entries.find(([, { suffixes }]) => suffixes.some((suffix) => name.endsWith(suffix)))?.[0] ?? null;
}
