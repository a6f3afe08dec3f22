import { readdirSync, readFileSync, statSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeHeapSnapshot, writeProfile } from '../../../src/worker/profile.js';
import { cleanUp, makeDirectory } from '../../support/clean-up.js';

const disk = vi.hoisted(() => ({ isFull: false }));
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const writeFileSync = (...args: Parameters<typeof fs.writeFileSync>) => {
    if (disk.isFull) throw new Error('ENOSPC: no space left on device, write');
    fs.writeFileSync(...args);
  };
  return { ...fs, writeFileSync };
});

afterAll(cleanUp);
let directory: string;
beforeEach(async () => {
  directory = await makeDirectory();
});
afterEach(() => {
  disk.isFull = false;
});

const fileOf = (ending: string) => `${directory}/worker-3-core-1.${ending}`;
const looking = (more = {}) => ({
  profile: async () => ({ nodes: [] }) as object | null,
  snapshotHeap: async (onChunk: (chunk: string) => void) => {
    for (const chunk of ['{"snap', 'shot":{}}']) onChunk(chunk);
    return true;
  },
  ...more,
});

describe('writeProfile', () => {
  it('writes a file that only its owner may read', async () => {
    const file = fileOf('cpuprofile');
    const profile = vi.fn(async () => {
      // Whoever finds it under its name finds all of it.
      expect(readdirSync(directory)).toEqual([expect.stringMatching(/cpuprofile\.part$/)]);
      return { nodes: [] };
    });
    expect(await writeProfile(looking({ profile }), file, 5)).toEqual({ file, bytes: 12 });
    expect(profile).toHaveBeenCalledWith(5000);
    expect(readFileSync(file, 'utf8')).toBe('{"nodes":[]}');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toHaveLength(1);
    // Never over another one, and nobody is bothered for nothing.
    expect(await writeProfile(looking({ profile }), file, 5)).toEqual({
      problem: `there is a file already: ${file}`,
    });
    expect(profile).toHaveBeenCalledTimes(1);
  });

  it('leaves nothing behind of a thread that does not answer', async () => {
    expect(await writeProfile(looking({ profile: async () => null }), fileOf('cpuprofile'), 1)).toEqual({
      problem: expect.stringMatching(/^the thread does not answer/),
    });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('leaves nothing behind of a profiler that fails', async () => {
    const profile = () => Promise.reject(new Error('Session is not connected'));
    expect(await writeProfile(looking({ profile }), fileOf('cpuprofile'), 1)).toEqual({
      problem: 'Session is not connected',
    });
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('writeHeapSnapshot', () => {
  it('writes piece by piece', async () => {
    const file = fileOf('heapsnapshot');
    const answer = await writeHeapSnapshot(looking(), file);
    expect(answer).toEqual({ file, bytes: 15 });
    expect(readFileSync(file, 'utf8')).toBe('{"snapshot":{}}');
  });

  it('says that the disk is full, and leaves nothing behind there', async () => {
    disk.isFull = true;
    expect(await writeHeapSnapshot(looking(), fileOf('heapsnapshot'))).toEqual({
      problem: 'ENOSPC: no space left on device, write',
    });
    expect(readdirSync(directory)).toEqual([]);
  });
});
