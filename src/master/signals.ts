/** What signals mean to the master (uwsgi-map 4.3, with the deviations of docs/signals.md). */

export interface SignalActions {
  /** TERM, INT, QUIT: the first one stops gracefully, the next one at once. */
  stop(signal: string): void;
  /** A signal whose meaning in uWSGI is not there yet. */
  unsupported(signal: string, meaning: string): void;
}

/** What `process` is here. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
}

/**
 * CTRL-C under `npx` arrives twice within milliseconds, once from the terminal and once from npm, which passes it on; it
 * is one wish. No hand is as fast. Milliseconds.
 */
const ONE_KEYSTROKE = 200;

export function listenForSignals(actions: SignalActions, source: SignalSource = process): void {
  source.on('SIGTERM', () => actions.stop('SIGTERM'));
  source.on('SIGQUIT', () => actions.stop('SIGQUIT'));
  let last = Number.NEGATIVE_INFINITY;
  source.on('SIGINT', () => {
    const now = performance.now();
    const repeated = now - last < ONE_KEYSTROKE;
    last = now;
    if (!repeated) actions.stop('SIGINT');
  });
  source.on('SIGHUP', () => actions.unsupported('SIGHUP', 'reload'));
  // Node opens its inspector on USR1, and the default of USR2 is death: both would surprise whoever comes from uWSGI.
  source.on('SIGUSR1', () => actions.unsupported('SIGUSR1', 'printing statistics'));
  source.on('SIGUSR2', () => actions.unsupported('SIGUSR2', 'printing what the workers do'));
}
