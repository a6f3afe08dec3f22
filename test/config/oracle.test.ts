/**
 * The same files through Python uWSGI and through this server: `--show-config` must print the same section.
 *
 * A case is a file in corpus/. Its comments may say how it is run: `args:` with `{}` for its own name (by default the
 * option of its format and `{}`), and `env:` with variables. Both servers run in a copy of the folder.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../src/config/load.js';
import { ConfigurationError } from '../../src/errors/configuration.js';
import { missingPrograms, skipped } from '../support/requirements.js';
import { iniFile, partFile } from './arbitrary-ini.js';

const peer = 'uwsgi_python3';
const skip = skipped('the configuration corpus', missingPrograms(peer));

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'uwsgi-node-corpus-')));
cpSync(new URL('corpus', import.meta.url), folder, { recursive: true, verbatimSymlinks: true });
afterAll(() => rmSync(folder, { recursive: true }));

interface Case {
  readonly name: string;
  readonly args: string[];
  readonly env: NodeJS.ProcessEnv;
}

const formats: Record<string, string> = {
  '.ini': 'ini',
  '.yaml': 'yaml',
  '.yml': 'yaml',
  '.json': 'json',
  '.xml': 'xml',
};

const cases: Case[] = readdirSync(folder)
  .filter((name) => extname(name) in formats)
  .map((name) => readCase(name));

function readCase(name: string): Case {
  const text = readFileSync(join(folder, name), 'utf8');
  const directive = (word: string) => new RegExp(`^; ${word}: (.+)$`, 'm').exec(text)?.[1];
  const own = (word: string) => word.replaceAll('{}', name).replaceAll('\\', '');
  const words = (text: string) => (text.match(/(?:\\.|[^\s\\])+/g) ?? []).map(own);
  const assignments = words(directive('env') ?? '').map((word) => {
    const equals = word.indexOf('=');
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
  return {
    name,
    args: ['--show-config', ...words(directive('args') ?? `--${formats[extname(name)]} {}`)],
    env: { PATH: process.env.PATH, HOME: '/home/demo', ...Object.fromEntries(assignments) },
  };
}

/** The section that `--show-config` prints. */
function section(output: string): string {
  return (
    /^;uWSGI instance configuration\n(.*?)^;end of configuration$/ms.exec(output)?.[1] ??
    `nothing in:\n${output}`
  );
}

/** uWSGI goes on to start after it has printed its configuration: it is stopped there. */
function askPeer({ args, env }: Case): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(peer, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000 });
    let output = '';
    const take = (bytes: Buffer) => {
      output += bytes.toString('latin1');
      if (output.includes('\n;end of configuration\n')) child.kill('SIGKILL');
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', reject);
    child.on('close', () => resolve(section(Buffer.from(output, 'latin1').toString('utf8'))));
  });
}

function askOurselves({ args, env }: Case): string {
  const result = loadConfiguration(args, env, folder);
  return section(result.action === 'print' ? result.text : 'it runs');
}

describe('the corpus', () => {
  it('has a case for every rule', () => {
    expect(cases.filter(({ name }) => name.endsWith('.ini')).length).toBeGreaterThanOrEqual(60);
  });
});

describe.skipIf(skip)('uWSGI and this server show the same configuration for', () => {
  it.each(cases)('$name', async (each) => {
    expect(askOurselves(each)).toBe(await askPeer(each));
  });
});

describe.skipIf(skip)('random files', () => {
  it('are shown alike', async () => {
    writeFileSync(join(folder, 'part.ini'), partFile);
    const env = { PATH: process.env.PATH, HOME: '/home/demo', EMPTY: '' };
    const each: Case = { name: 'random.ini', args: ['--show-config', '--ini', 'random.ini'], env };
    await fc.assert(
      fc.asyncProperty(iniFile, async (text) => {
        writeFileSync(join(folder, each.name), text);
        const ours = tryOurselves(each);
        // What we refuse at once, uWSGI refuses too, or never comes to an end with.
        if (ours !== null) expect(ours).toBe(await askPeer(each));
      }),
      { seed: Number(process.env.CORPUS_SEED ?? 4), numRuns: Number(process.env.CORPUS_RUNS ?? 60) },
    );
  }, 300_000);
});

function tryOurselves(each: Case): string | null {
  try {
    return askOurselves(each);
  } catch (error) {
    if (error instanceof ConfigurationError) return null;
    throw error;
  }
}
