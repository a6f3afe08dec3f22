/** A front in this process, with a listener of its own, for whichever engine a suite is run. */
import { join } from 'node:path';
import { defaultSettings } from '../../../src/config/default-settings.js';
import type { Settings } from '../../../src/config/settings.js';
import type { HttpEngine, HttpFront, HttpRequestHandler } from '../../../src/http/engine.js';
import { startHttpFront } from '../../../src/http/front.js';
import { native } from '../../../src/native.js';
import { makeHead } from '../../../src/wsgi/headers.js';
import type { Header, ResponseHead } from '../../../src/wsgi/types.js';
import { makeDirectory, onCleanUp } from '../../support/clean-up.js';
import { RawClient } from './raw-client.js';

export const engines: HttpEngine[] = ['uWebSockets.js', 'node:http'];

export interface Served {
  front: HttpFront;
  /** What the kernel bound. */
  address: string;
  /** `400 Bad Request: reason` */
  refused: string[];
  connect(): RawClient;
}

export async function serve(
  engine: HttpEngine,
  onRequest: HttpRequestHandler,
  { unix = false, ...changes }: Partial<Settings> & { unix?: boolean } = {},
): Promise<Served> {
  const address = unix ? join(await makeDirectory(), 'http.sock') : '127.0.0.1:0';
  const { fd, name, family } = native.bindListener(address, { backlog: 128, mode: null });
  const refused: string[] = [];
  const front = await startHttpFront({
    engine,
    listeners: [{ fd, name, family, protocol: 'http' }],
    settings: { ...defaultSettings(), ...changes },
    threads: 1,
    onRequest,
    onRefused: (status, _peer, reason) => refused.push(`${status}: ${reason}`),
  });
  let drained = false;
  const drain = front.drain.bind(front);
  front.drain = () => {
    drained = true;
    return drain();
  };
  onCleanUp(() => (drained ? undefined : drain()));
  onCleanUp(() => native.closeFd(fd));
  return {
    front,
    address: name,
    refused,
    connect() {
      const client = new RawClient(name);
      onCleanUp(() => void client.socket.destroy());
      return client;
    },
  };
}

export function head(status: string, headers: Header[] = []): ResponseHead {
  return makeHead(status, headers);
}

export const ok = head('200 OK', [['Content-Type', 'text/plain']]);
