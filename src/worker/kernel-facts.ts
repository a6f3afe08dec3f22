/** What the kernel knows of a thread that does not answer. */
import { readFileSync } from 'node:fs';

/**
 * @param kernelId number of a thread of this process
 * @returns the system call that it is in, and what it sleeps on there; of both only what this user may see
 */
export function kernelFacts(kernelId: number): [what: 'syscall' | 'wchan', text: string][] {
  return (['syscall', 'wchan'] as const).flatMap((what) => {
    try {
      const text = readFileSync(`/proc/self/task/${kernelId}/${what}`, 'latin1').trim();
      return [[what, text === '' ? '-' : text]];
    } catch {
      // Not for everybody's eyes (kernel.yama.ptrace_scope, hidepid), or gone.
      return [];
    }
  });
}
