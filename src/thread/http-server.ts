/** Tells node:http's servers from other values, without loading node:http and node:https for that. */
import type { Server as HttpServer } from 'node:http';
import { Server as NetServer } from 'node:net';

/** Whether a value is what `http.createServer` or `https.createServer` made. */
export function isHttpServer(value: unknown): value is HttpServer {
  // Only a program that has loaded one of them can have such a server; https costs TLS, 10 ms of every start.
  if (!(value instanceof NetServer)) return false;
  const { getBuiltinModule } = process;
  return (
    value instanceof getBuiltinModule('node:http').Server ||
    value instanceof getBuiltinModule('node:https').Server
  );
}
