/**
 * `log-encoder`: what becomes of a line on its way into a logger. A chain of `NAME[:LOGGER] ARGUMENT`, uWSGI's `prefix`,
 * `suffix`, `nl`, `format` and `json`.
 */
import { escapeJson } from './escape.js';
import { onceASecond, strftime } from './strftime.js';

export interface EncoderSetting {
  readonly kind: 'prefix' | 'suffix' | 'nl' | 'format' | 'json';
  /** Only for the logger of this name; null: for all. */
  readonly logger: string | null;
  readonly argument: string;
}

type Encode = (line: string, now: number) => string;

/** Null where it is none of these. */
export function parseEncoder(text: string): EncoderSetting | null {
  const [, kind, logger = null, argument = ''] =
    /^(prefix|suffix|nl|format|json)(?::(\S+))?(?:\s(.*))?$/s.exec(text) ?? [];
  return kind === undefined ? null : { kind: kind as EncoderSetting['kind'], logger, argument };
}

/**
 * Lines without newlines become what is written. Without an encoder a newline is all that is added; with one the newline
 * is the chain's own affair (`nl`), as in uWSGI.
 */
export function compileEncoders(
  settings: readonly EncoderSetting[],
  logger: string | null,
): (line: string) => string {
  const chain = settings
    .filter((setting) => setting.logger === null || setting.logger === logger)
    .map(compile);
  if (chain.length === 0) return (line) => `${line}\n`;
  return (line) => {
    const now = Date.now();
    return chain.reduce((text, encode) => encode(text, now), line);
  };
}

function compile({ kind, argument }: EncoderSetting): Encode {
  switch (kind) {
    case 'prefix':
      return (line) => argument + line;
    case 'suffix':
      return (line) => line + argument;
    case 'nl':
      return (line) => `${line}\n`;
    case 'format':
      return compileText(argument, (line) => line);
    case 'json':
      return compileText(argument, escapeJson);
  }
}

function compileText(text: string, escaped: (line: string) => string): Encode {
  const pieces = text.split(/(\$\{[^}]*\})/).map((piece): Encode => {
    const name = /^\$\{(.*)\}$/.exec(piece)?.[1];
    if (name === undefined) return () => piece;
    if (name === 'msg') return (line) => escaped(line);
    if (name === 'msgnl') return (line) => escaped(`${line}\n`);
    if (name === 'unix') return (_, now) => String(Math.floor(now / 1000));
    if (name === 'micros') return (_, now) => String(now * 1000);
    if (name.startsWith('strftime:')) {
      const time = onceASecond((date) => strftime(name.slice('strftime:'.length), date));
      return (_, now) => time(now);
    }
    return () => '';
  });
  return (line, now) => pieces.map((piece) => piece(line, now)).join('');
}
