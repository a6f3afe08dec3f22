/**
 * The end of listening sockets, without losing a connection: nobody is let in any more, the workers accept what waits, and
 * only then do they stop. The same in the master, when the server stops, and in a worker whose master is gone.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { hasHandshakes } from './handshakes.js';
import type { NativeSockets } from './native.js';

/** A listener to be closed. */
export interface Closing {
  fd: number;
  /** Of TCP it ends in `:` and the port. */
  name: string;
  family: 'unix' | 'inet' | 'inet6';
  /** It is somebody else's, such as systemd's: connections wait in it for the next server. */
  passed?: boolean;
}

/** How long a first packet over TCP may be on its way, milliseconds. A connection over a unix socket is made at once. */
const HANDSHAKE = 100;
/** How often the queues are looked at, milliseconds. */
const LOOK = 10;
/**
 * How long clients may take to send something, and workers that are busy to accept what waits, before the workers are told
 * to stop, milliseconds.
 */
const PATIENCE = 1_000;

/**
 * Lets nobody in any more. A client that comes now is refused and turns to another server of its pool; over TCP that can
 * take a second.
 * @returns when the workers may be told to stop: nobody waits, or they have had a second to accept.
 */
export async function lastCall(
  listeners: readonly Closing[],
  native: Pick<NativeSockets, 'refuseNew' | 'shutDown' | 'queueDepth'>,
  isShakingHands = hasHandshakes,
): Promise<void> {
  const own = listeners.filter(({ passed }) => passed !== true);
  for (const { fd } of own) native.refuseNew(fd);
  const until = performance.now() + PATIENCE;
  const emptied = own.map(async ({ fd, family, name }) => {
    if (family !== 'unix') {
      await pause(HANDSHAKE);
      const port = Number(name.slice(name.lastIndexOf(':') + 1));
      while (performance.now() < until && (await isShakingHands(port))) await pause(LOOK);
    }
    while (native.queueDepth(fd) > 0) await pause(LOOK);
    native.shutDown(fd);
  });
  await Promise.race([Promise.all(emptied), pause(PATIENCE)]);
}

/** Does not keep the process. */
const pause = (milliseconds: number) => delay(milliseconds, undefined, { ref: false });
