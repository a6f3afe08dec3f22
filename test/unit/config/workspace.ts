/** A folder with configuration files, and the loader's answers about them. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type LoadResult, loadConfiguration } from '../../../src/config/load.js';
import { ConfigurationError } from '../../../src/errors/configuration.js';

export class Workspace {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'uwsgi-node-config-')));

  /** Writes a file; folders in its name are made. */
  file(name: string, ...lines: string[]): void {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  }

  load(argv: string[], env: NodeJS.ProcessEnv = {}): LoadResult {
    return loadConfiguration(argv, env, this.folder);
  }

  /** The settings and notes of a configuration that may start. A socket and an application are added. */
  run(argv: string[], env: NodeJS.ProcessEnv = {}): Extract<LoadResult, { action: 'run' }> {
    const result = this.load(['--http-socket', ':0', '--need-app=false', ...argv], env);
    if (result.action !== 'run') throw new Error(`expected to run, got: ${result.text}`);
    return result;
  }

  /** What is printed instead of a start. */
  text(argv: string[], env: NodeJS.ProcessEnv = {}): string {
    const result = this.load(argv, env);
    if (result.action !== 'print') throw new Error('expected a text, but it would start');
    return result.text;
  }

  /** The lines that `--show-config` prints for a file, without those for the command line. */
  shown(argv: string[], env: NodeJS.ProcessEnv = {}): string[] {
    const lines = this.text([...argv, '--show-config'], env).split('\n');
    return lines.slice(lines.indexOf('[uwsgi]') + 1, lines.indexOf(';end of configuration')).slice(1, -1);
  }

  /** The mistakes that a configuration is refused for. */
  mistakes(argv: string[], env: NodeJS.ProcessEnv = {}): string[] {
    return this.refusal(argv, env)
      .message.split('\n')
      .filter((line) => !line.startsWith('warning: '));
  }

  /** Their codes. */
  codes(argv: string[], env: NodeJS.ProcessEnv = {}): string[] {
    return this.refusal(argv, env).problems.map(({ code }) => code);
  }

  refusal(argv: string[], env: NodeJS.ProcessEnv = {}): ConfigurationError {
    try {
      this.load(argv, env);
    } catch (error) {
      if (error instanceof ConfigurationError) return error;
      throw error;
    }
    throw new Error('expected a ConfigurationError');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
