/**
 * Asks a running server at its door. Runs in a program of the operator's (`uwsgi-node traceback`); at the other end:
 * src/master/debug-door.ts.
 */
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { toolErrors } from '../errors/tools.js';
import { native } from '../native.js';
import { type DoorReply, type DoorRequest, doorOf } from './door.js';

/** @throws {UwsgiNodeError} UWSGI_NO_INSTANCE, UWSGI_DOOR */
export async function askMaster(target: string, request: DoorRequest): Promise<string[]> {
  const text = await exchange(connectTo(target, pidOf(target)), request).catch((error: Error) => {
    throw toolErrors.noAnswer(target, error.message);
  });
  let reply: DoorReply;
  try {
    reply = JSON.parse(text) as DoorReply;
  } catch {
    throw toolErrors.noAnswer(target, 'it closed the connection: it may be about to end');
  }
  if ('problem' in reply) throw toolErrors.refused(target, reply.problem);
  return reply.lines;
}

/** What somebody at a unix socket tells whoever connects. @throws {UwsgiNodeError} UWSGI_DOOR */
export async function readSocket(path: string): Promise<string> {
  try {
    return await exchange(native.connectUnix(path), null);
  } catch (error) {
    throw toolErrors.noAnswer(path, (error as Error).message);
  }
}

/** The pid itself, or the file that the server has as its pidfile. */
function pidOf(target: string): number {
  if (/^[1-9]\d{0,6}$/.test(target)) return Number(target);
  let text: string;
  try {
    text = readFileSync(target, 'latin1').trim();
  } catch (error) {
    throw toolErrors.noPidfile(target, (error as Error).message);
  }
  if (!/^[1-9]\d{0,6}$/.test(text)) throw toolErrors.noPidfile(target, 'there is no pid in it');
  return Number(text);
}

/** Returns a descriptor. */
function connectTo(target: string, pid: number): number {
  let fd: number;
  try {
    fd = native.connectUnix(doorOf(pid));
  } catch (error) {
    throw toolErrors.noDoor(target, (error as Error).message);
  }
  if (native.peerOf(fd).pid === pid) return fd;
  native.closeFd(fd);
  throw toolErrors.noDoor(target, 'another process has put itself in the place of the server');
}

/** @param request null: nothing is said. */
function exchange(fd: number, request: DoorRequest | null): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = new Socket({ fd });
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
    if (request !== null) socket.write(`${JSON.stringify(request)}\n`);
  });
}
