/**
 * `declare-option = name=key=$1;other=$2`: options that an operator makes of others.
 */
import type { Entry } from './entry.js';
import type { Argument } from './option.js';
import { findOption } from './options.js';

export interface Template {
  readonly name: string;
  /** `key=$1;other=$2` */
  readonly text: string;
  /** Whether the command line gives it a value. */
  readonly argument: Argument;
}

export function parseTemplate(name: string, text: string): Template {
  return { name, text, argument: /\$[123]/.test(text) ? 'required' : 'none' };
}

/** Key and value as the template's user gets them. */
export type TemplateLine = readonly [key: string, value: string];

/** The lines that `name = arguments` stands for. A part without `=` ends the template. */
export function applyTemplate(template: string, argument: string): TemplateLine[] {
  const words = argument === '' ? [''] : argument.split(' ').filter(Boolean);
  const fill = (text: string) =>
    words.reduce((filled, word, index) => filled.replaceAll(`$${index + 1}`, () => word), text);
  const lines: TemplateLine[] = [];
  for (const part of template.split(';').filter(Boolean)) {
    const equals = part.indexOf('=');
    if (equals < 0) break;
    lines.push([fill(part.slice(0, equals)), fill(part.slice(equals + 1))]);
  }
  return lines;
}

/** The entries as they are judged: every use of a declared option gives way to what it stands for. */
export function expandTemplates(entries: readonly Entry[], templates: readonly Template[]): Entry[] {
  if (templates.length === 0) return [...entries];
  return entries.flatMap((entry) => {
    const template = findOption(entry.key) ? undefined : templates.find(({ name }) => name === entry.key);
    if (!template) return [entry];
    return applyTemplate(template.text, entry.value ?? '').map(([key, value]) => ({ ...entry, key, value }));
  });
}
