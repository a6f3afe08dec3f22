/**
 * The three passes over a complete configuration (uwsgi-map 3.2, 3.4): `$(ENVIRONMENT)`, then `%(placeholder)`.
 * What is not defined stays as it is written.
 */

/** What the passes change: `value` in place. */
export interface Expandable {
  readonly key: string;
  value: string | null;
}

/** Replaces `$(NAME)` by the environment's value in every entry. */
export function expandEnvironment(entries: readonly Expandable[], env: NodeJS.ProcessEnv): void {
  for (const entry of entries) {
    entry.value &&= entry.value.replace(/\$\(([^()]*)\)/g, (whole, name: string) => env[name] ?? whole);
  }
}

/**
 * Replaces `%(name)` by the value of the first entry called `name`.
 *
 * @returns the names that were used, so that nobody calls their lines unknown options.
 */
export function expandPlaceholders(entries: readonly Expandable[]): Set<string> {
  const used = new Set<string>();
  for (const entry of entries) {
    entry.value &&= entry.value.replace(/%\(([^()]*)\)/g, (whole, name: string) => {
      const source = entries.find(({ key }) => key === name);
      if (source) used.add(name);
      return source?.value ?? whole;
    });
  }
  return used;
}
