/** What every format is read into. */
import type { ProblemText } from '../errors/configuration.js';

/** One `key = value` of a file. */
export interface ConfigLine {
  readonly key: string;
  readonly value: string;
  /** 1-based. */
  readonly line: number;
  /** Not an option's name, whatever it looks like: nobody shall call it unknown. */
  readonly isMarker?: boolean;
}

export interface ParsedSection {
  /** In their order, repeats included. */
  readonly lines: ConfigLine[];
  /** Whether the section is there, if only as an empty one. */
  readonly found: boolean;
  /** Keys that the format leaves out for want of a value. */
  readonly valueless?: readonly Pick<ConfigLine, 'key' | 'line'>[];
}

/** Text that is not what its format wants. */
export class FormatError extends Error {
  constructor(
    readonly problem: ProblemText,
    /** 1-based; null where the parser cannot say. */
    readonly line: number | null,
  ) {
    super(problem.message);
  }
}
