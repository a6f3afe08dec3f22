/** Runs wrk: HTTP load over kept-alive connections. */
import { join } from 'node:path';
import { runTool } from './children.js';
import { loadDir } from './paths.js';

export interface WrkReport {
  requests: number;
  bytes: number;
  microseconds: number;
  /** Microseconds. */
  p50: number;
  p99: number;
  errors: { total: number; [kind: string]: number };
}

/** @param headers `Name: value` each */
export async function runWrk(
  url: string,
  connections: number,
  seconds: number,
  headers: readonly string[] = [],
): Promise<WrkReport> {
  const output = await runTool('wrk', [
    '--threads=1',
    `--connections=${connections}`,
    // wrk takes whole seconds only.
    `--duration=${Math.max(1, Math.round(seconds))}s`,
    '--timeout=10s',
    ...headers.map((header) => `--header=${header}`),
    `--script=${join(loadDir, 'wrk-report.lua')}`,
    url,
  ]);
  return JSON.parse(output.trimEnd().split('\n').at(-1)!) as WrkReport;
}
