/**
 * How the value of an option lands in `Settings`.
 */
import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import { type ProblemText, problems } from '../errors/configuration.js';
import { addressProblem } from './address.js';
import type { Apply, Draft, Occurrence } from './option.js';
import type { OptionRow } from './rows.js';
import type { EndpointSetting, Settings } from './settings.js';
import { parseBool, parseInteger } from './values.js';

/** The fields of `Settings` that take a value of this type. */
type FieldFor<Value> = {
  [Field in keyof Settings]: Value extends Settings[Field] ? Field : never;
}[keyof Settings];

function put<Value>(draft: Draft, field: FieldFor<Value>, value: Value): void {
  Object.assign(draft.settings, { [field]: value });
}

/** A bool that lands in `field`. */
export function intoBool(field: FieldFor<boolean>): Pick<OptionRow, 'type' | 'apply'> {
  return { type: 'bool', apply: (draft, at) => put(draft, field, parseBool(at.value)) };
}

/** A whole number that lands in `field`, refused below `min` (0 by default) and above `max`. */
export function intoInteger(
  field: FieldFor<number>,
  { min = 0, max = Number.MAX_SAFE_INTEGER } = {},
): Pick<OptionRow, 'type' | 'apply'> {
  const apply: Apply = (draft, at) => {
    const value = readInteger(draft, at, min, max);
    if (value !== null) put(draft, field, value);
  };
  return { type: 'int', apply };
}

/** Text that lands in `field`, refused when empty. */
export function intoText(field: FieldFor<string>): Pick<OptionRow, 'type' | 'apply'> {
  const apply: Apply = (draft, at) => {
    const value = readText(draft, at);
    if (value !== null) put(draft, field, value);
  };
  return { type: 'string', apply };
}

/** An address for operators' tools that lands in `field`. */
export function intoEndpoint(field: FieldFor<EndpointSetting | null>): Pick<OptionRow, 'type' | 'apply'> {
  const apply: Apply = (draft, at) => {
    const address = readText(draft, at);
    if (address === null) return;
    const reason = addressProblem(address);
    if (reason !== null) draft.refuse(at, problems.invalidAddress(address, reason));
    else put(draft, field, { address, origin: at.origin });
    if (/^\d+$/.test(address)) draft.warn(at, problems.numericSocketName(address));
  };
  return { type: 'string', apply };
}

/** Text that is added to the list in `field`, refused when empty. */
export function intoList(field: FieldFor<string[]>): Pick<OptionRow, 'type' | 'apply'> {
  const apply: Apply = (draft, at) => {
    const value = readText(draft, at);
    if (value !== null) put(draft, field, [...draft.settings[field], value]);
  };
  return { type: 'list', apply };
}

/** A file that is added to a list, as an absolute path; that it cannot be read is told, and is no reason not to start. */
export function addReadableFile(listOf: (settings: Settings) => string[]): Pick<OptionRow, 'type' | 'apply'> {
  const apply: Apply = (draft, at) => {
    const value = readText(draft, at);
    if (value === null) return;
    const file = resolve(draft.cwd, value);
    listOf(draft.settings).push(file);
    try {
      accessSync(file, constants.R_OK);
    } catch (error) {
      draft.warn(at, problems.unreadableFile(value, (error as Error).message));
    }
  };
  return { type: 'list', apply };
}

/** The number an occurrence holds, or null after the draft has been told what is wrong with it. */
export function readInteger(draft: Draft, at: Occurrence, min: number, max: number): number | null {
  const parsed = parseInteger(at.value ?? '');
  if (parsed === null) {
    draft.refuse(at, numberProblem(at.value ?? ''));
    return null;
  }
  if (parsed < min || parsed > max) {
    draft.refuse(at, problems.outOfRange(parsed, min, max));
    return null;
  }
  return parsed;
}

/** A reference that is still there was never replaced. */
function numberProblem(value: string): ProblemText {
  return /[$%@]\(/.test(value) ? problems.unexpanded(value) : problems.notANumber(value);
}

/** The text an occurrence holds, or null after the draft has been told that there is none. */
export function readText(draft: Draft, at: Occurrence): string | null {
  if (at.value) return at.value;
  draft.refuse(at, problems.emptyValue());
  return null;
}
