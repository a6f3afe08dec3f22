/** What systemd listens with: a datagram socket, whose messages come out as lines. Python holds it, as Node has none. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onCleanUp } from './clean-up.js';
import { Lines } from './lines.js';
import { findProgram } from './requirements.js';

const RECEIVER = `
import socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1].replace('@', chr(0)))
print('bound', flush=True)
while True:
    print(receiver.recv(4096).decode().replace(chr(10), ' | '), flush=True)
`;

/** @param address a path or `@abstract` name. @returns a line for each datagram, `READY=1 | STATUS=…`. */
export async function receiveNotifications(address: string): Promise<Lines> {
  const child = spawn(findProgram('python3') ?? 'python3', ['-c', RECEIVER, address], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  onCleanUp(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  const lines = new Lines(child.stdout);
  await lines.waitFor(/^bound$/);
  return lines;
}
