/**
 * Ends what a test process has started when that process itself is ended without a word: by a time-out of the runner, by
 * SIGKILL. A shell for each test process, in a session of its own, that reads which process groups there are; when the
 * pipe ends it kills those that are left.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/** `+ GROUP` and `- GROUP`, a line each. */
const SCRIPT = `
trap '' INT TERM HUP
left=' '
while read -r sign group; do
  case $sign in
    +) left="$left$group " ;;
    -) case $left in *" $group "*) left="\${left%% $group *} \${left#* $group }" ;; esac ;;
  esac
done
for group in $left; do kill -s KILL -- "-$group"; done 2>/dev/null
`;

/** Starts such a shell; `stdin` takes the lines. */
export function startGuard(): ChildProcess & { stdin: Writable } {
  return spawn('/bin/sh', ['-c', SCRIPT], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  }) as ChildProcess & { stdin: Writable };
}

let lines: Writable | null = null;

function tell(line: string): void {
  if (lines === null) {
    const guard = startGuard();
    guard.unref();
    lines = guard.stdin;
    (lines as Writable & { unref(): void }).unref();
    // Somebody has killed it: then nobody guards.
    lines.on('error', () => {});
  }
  lines.write(`${line}\n`);
}

/** The process group of a child that was started with `detached` ends with this process, whatever happens. */
export function guardGroup(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  tell(`+ ${pid}`);
  // From then on the number may be somebody else's.
  child.on('close', () => tell(`- ${pid}`));
}
