/** Tells node:http's servers from other values, without loading node:http and node:https for that. */
import type { Server as HttpServer } from 'node:http';
import { Server as NetServer } from 'node:net';

/** Whether a value is what `http.createServer` or `https.createServer` made, or serves HTTP/1.1 as those do. */
export function isHttpServer(value: unknown): value is HttpServer {
  // Only a program that has loaded one of them can have such a server; https costs TLS, 10 ms of every start.
  if (!(value instanceof NetServer)) return false;
  const { getBuiltinModule } = process;
  return (
    value instanceof getBuiltinModule('node:http').Server ||
    value instanceof getBuiltinModule('node:https').Server ||
    (isHttp2Server(value) && takesHttp1(value))
  );
}

/** node:http2 exports no class that a server could be compared with. */
export function isHttp2Server(value: NetServer): boolean {
  for (let of: object | null = value; of !== null; of = Object.getPrototypeOf(of)) {
    if (/^Http2(?:Secure)?Server$/.test(of.constructor.name)) return true;
  }
  return false;
}

/** `allowHTTP1`: its `request` listeners expect the messages of node:http, too. */
function takesHttp1({ ALPNProtocols = '' }: NetServer & { ALPNProtocols?: Uint8Array | string }): boolean {
  return Buffer.from(ALPNProtocols as Uint8Array).includes('http/1.1');
}
