/** What the operator grants or denies the server's processes beyond their settings: priority, descriptors. */
import { setPriority } from 'node:os';
import type { Settings } from '../config/settings.js';
import { warnings } from '../log/startup.js';
import type { NativeSupervision } from '../native.js';

/** `prio` and `max-fd`, which workers inherit. Returns lines for the log. */
export function applyLimits(
  { prio, maxFd }: Settings,
  { limitOpenFiles }: Pick<NativeSupervision, 'limitOpenFiles'>,
): string[] {
  const lines: string[] = [];
  if (maxFd > 0) {
    const problem = limitOpenFiles(maxFd);
    if (problem !== null) lines.push(warnings.fileLimit(maxFd, problem));
  }
  if (prio === 0) return lines;
  try {
    setPriority(prio);
    lines.push(`scheduler priority set to ${prio}`);
  } catch (error) {
    lines.push(warnings.priority(prio, (error as Error).message));
  }
  return lines;
}
