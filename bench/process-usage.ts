/** What the kernel says about processes: CPU time, context switches, memory. All from /proc. */
import { readdirSync, readFileSync } from 'node:fs';
import { errors } from './errors.js';

/** Linux reports USER_HZ = 100 to user space on every architecture that Node runs on. */
const NS_PER_TICK = 10_000_000;

interface ProcessSample {
  /** CPU of the living threads, ns each: exact, but a thread takes its own with it when it ends. */
  threads: Map<string, number>;
  /** CPU of the whole process, threads that ended included; in ticks of 10 ms. */
  ticks: number;
  voluntarySwitches: number;
}

export type UsageSample = Map<number, ProcessSample>;

export interface Usage {
  cpuNs: number;
  voluntarySwitches: number;
}

export interface Memory {
  rssKiB: number;
  /** Proportional set size: a page shared by n processes counts 1/n in each. */
  pssKiB: number;
  /** Heap, stacks and the like, without files and programs: nothing that another process does changes it. */
  anonymousKiB: number;
}

const read = (path: string): string => readFileSync(path, 'latin1');

/** The numbers of /proc/PID/stat after the command name (which may hold blanks): index 0 is field 3, the state. */
function statFields(text: string): string[] {
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** A process and all its descendants. */
export function processTree(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(processTree)];
}

function sampleProcess(pid: number): ProcessSample {
  const threads = new Map<string, number>();
  let voluntarySwitches = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    threads.set(task, Number(read(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0]));
    const status = read(`/proc/${pid}/task/${task}/status`);
    voluntarySwitches += Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1]);
  }
  const fields = statFields(read(`/proc/${pid}/stat`));
  return { threads, ticks: Number(fields[11]) + Number(fields[12]), voluntarySwitches };
}

/** @throws BenchError when one of the processes is gone. */
export function sampleUsage(pids: readonly number[]): UsageSample {
  return new Map(
    pids.map((pid) => {
      try {
        return [pid, sampleProcess(pid)] as const;
      } catch {
        throw errors.processDied(pid);
      }
    }),
  );
}

function processCpuNs(before: ProcessSample, after: ProcessSample): number {
  for (const thread of before.threads.keys()) {
    if (!after.threads.has(thread)) return (after.ticks - before.ticks) * NS_PER_TICK;
  }
  let sum = 0;
  for (const [thread, ns] of after.threads) sum += ns - (before.threads.get(thread) ?? 0);
  return sum;
}

/**
 * What the processes used between the samples.
 * @throws BenchError when one of the first sample is not in the second: a worker died and took its figures along.
 */
export function usageBetween(before: UsageSample, after: UsageSample): Usage {
  for (const pid of before.keys()) if (!after.has(pid)) throw errors.processDied(pid);
  const usage = { cpuNs: 0, voluntarySwitches: 0 };
  for (const [pid, last] of after) {
    const first = before.get(pid) ?? { threads: new Map(), ticks: 0, voluntarySwitches: 0 };
    usage.cpuNs += processCpuNs(first, last);
    usage.voluntarySwitches += last.voluntarySwitches - first.voluntarySwitches;
  }
  return usage;
}

export function memoryOf(pids: readonly number[]): Memory {
  const memory = { rssKiB: 0, pssKiB: 0, anonymousKiB: 0 };
  for (const pid of pids) {
    const rollup = read(`/proc/${pid}/smaps_rollup`);
    const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1]);
    memory.rssKiB += field('Rss');
    memory.pssKiB += field('Pss');
    memory.anonymousKiB += field('Anonymous');
  }
  return memory;
}

/** CPU of the whole machine since it started, without what the hypervisor took away. */
export function machineCpuNs(): number {
  const [user, nice, system, , , irq, softirq] = read('/proc/stat')
    .slice('cpu  '.length)
    .split(' ')
    .map(Number) as [number, number, number, number, number, number, number];
  return (user + nice + system + irq + softirq) * NS_PER_TICK;
}

/** CPU of this process and of the children it has waited for: load generators, curl. */
export function ownCpuNs(): number {
  const fields = statFields(read('/proc/self/stat'));
  return [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i]), 0) * NS_PER_TICK;
}
