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
 * Lets nobody in any more. A client that comes now is refused and turns to another server of its pool.
 * @returns when the workers may be told to stop: nobody waits, or they have had a second to accept.
 */
export async function lastCall(
  listeners: readonly Closing[],
  native: Pick<NativeSockets, 'refuseNew' | 'shutDown' | 'queueDepth'>,
  isShakingHands = hasHandshakes,
): Promise<void> {
  const own = listeners.filter(({ passed }) => passed !== true);
  const overTcp = own.filter(({ family }) => family !== 'unix');
  const until = performance.now() + PATIENCE;
  const handshake = async ({ name }: Closing) => {
    await pause(HANDSHAKE);
    const port = Number(name.slice(name.lastIndexOf(':') + 1));
    while (performance.now() < until && (await isShakingHands(port))) await pause(LOOK);
  };
  for (const { fd } of overTcp) native.refuseNew(fd);
  if (overTcp.length > 0) await Promise.race([Promise.all(overTcp.map(handshake)), pause(PATIENCE)]);
  // From here on it polls readable, and who waits for it wakes again and again: as late as can be, and all together.
  for (const { fd, family } of own) if (family === 'unix') native.refuseNew(fd);
  // What came to unix sockets until here has not had its time yet, even where a client over TCP has used up all of its own.
  const patience = pause(PATIENCE);
  const emptied = own.map(async ({ fd }) => {
    while (native.queueDepth(fd) > 0) await pause(LOOK);
  });
  await Promise.race([Promise.all(emptied), patience]);
  const shut = own.map(({ fd }, index) => emptied[index]!.then(() => native.shutDown(fd)));
  await Promise.race([Promise.all(shut), patience]);
}

/** Does not keep the process. */
const pause = (milliseconds: number) => delay(milliseconds, undefined, { ref: false });
