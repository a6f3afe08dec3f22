/**
 * What a test file started and must not leave behind. Every function of test/support that starts or makes something
 * registers its end here; a test file says `afterEach(cleanUp)` (or `afterAll`) and is done.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type End = () => void | Promise<void>;

const ends: End[] = [];

/** Runs `end` at the next `cleanUp()`, before what was registered earlier. */
export function onCleanUp(end: End): void {
  ends.push(end);
}

/** Ends everything registered so far, latest first. Goes on after a failure and reports the first one. */
export async function cleanUp(): Promise<void> {
  const failures: unknown[] = [];
  for (let end = ends.pop(); end !== undefined; end = ends.pop()) {
    try {
      await end();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** A fresh directory that everybody may enter, removed at `cleanUp()`. */
export async function makeDirectory(): Promise<string> {
  const path = mkdtempSync(join(tmpdir(), 'uwsgi-node-'));
  await chmod(path, 0o755);
  onCleanUp(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
