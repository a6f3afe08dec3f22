/**
 * Builds dist/ before any test, where it is older than src/: integration tests start what is built.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export default function build(): void {
  execFileSync('make', ['--silent', 'typescript'], { cwd: root, stdio: 'inherit' });
}
