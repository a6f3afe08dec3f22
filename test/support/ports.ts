/** TCP ports for programs that cannot bind port 0 and say what they got. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below net.ipv4.ip_local_port_range (32768 to 60999 by default): nobody gets one of these by chance, neither who binds
 * port 0 nor who connects. What is in use stays so, even while its owner restarts.
 */
const [first, count] = [10_000, 22_000];

// Each process goes through ports of its own.
let next = (process.pid * 100) % count;

/** A port of 127.0.0.1 that nobody has, and nobody else in these tests is given. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + next;
    next = (next + 1) % count;
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
