/** Where a setting came from, for messages: `myapp.ini:12` or `command line`. */
export interface Origin {
  file: string | null;
  line: number | null;
}

/** Where the command line is, as an origin. */
export const fromArguments: Origin = { file: null, line: null };

/** `myapp.ini:12`, `environment`, `command line`. */
export function whereIs({ file, line }: Origin): string {
  if (file === null) return 'command line';
  return line === null ? file : `${file}:${line}`;
}
