/**
 * `inspect`: lets debuggers connect to this JS thread, which has a port of its own: Chrome's DevTools see nothing of a
 * worker's threads otherwise. Runs in a JS thread; at the other end: chrome://inspect, `node inspect`, an editor.
 */
import inspector from 'node:inspector';
import { debugPort } from '../log/debug-port.js';
import { log } from '../log/stderr.js';
import type { DebugAddress } from '../messages.js';

/** A port that is taken is no reason not to serve. */
export function openDebugPort(
  { host, port }: DebugAddress,
  { workerId, core }: { workerId: number; core: number },
): void {
  if (inspector.url() !== undefined) return;
  let reason = 'the address is in use';
  try {
    inspector.open(port, host);
  } catch (error) {
    reason = (error as Error).message;
  }
  const url = inspector.url();
  if (url === undefined) {
    log(debugPort.failed(workerId, core, `${host}:${port}`, reason));
    return;
  }
  log(debugPort.open(workerId, core, process.pid, url));
  // Else the thread would not end before the debugger has gone.
  process.once('exit', () => inspector.close());
}
