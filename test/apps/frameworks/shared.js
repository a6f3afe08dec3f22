/** What every framework's application here needs: a file to serve, a reader that may leave, WebSockets that echo. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';

/** Holds `files/alphabet.txt`. */
export const folder = mkdtempSync(join(tmpdir(), 'uwsgi-node-static-'));
export const files = join(folder, 'files');
mkdirSync(files);
writeFileSync(join(files, 'alphabet.txt'), 'abcdefghijklmnopqrstuvwxyz');

/** `hasLeft` resolves with 'yes' when somebody has called `left`. */
export const reader = {};
reader.hasLeft = new Promise((resolve) => {
  reader.left = () => resolve('yes');
});

/** At /socket of a node:http server. */
export function echoWebSockets(server) {
  new WebSocketServer({ server, path: '/socket' }).on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.on('close', (code) => console.log(`websocket closed ${code}`));
  });
}
