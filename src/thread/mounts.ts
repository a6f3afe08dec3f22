/**
 * Several applications behind one: `mount = /prefix=module:callable`, as uWSGI has it. With `manage-script-name` the path
 * decides, and its prefix moves to SCRIPT_NAME (PEP 3333, "environ Variables"); without it the front server decides, by
 * the SCRIPT_NAME it sends.
 */
import { belowMount, mountPoint } from '../adapters/request.js';
import { type UpgradeListener, upgradeListenerOf } from '../adapters/websocket.js';
import type { Settings } from '../config/settings.js';
import { normalisePath } from '../http/environ.js';
import type { DirectApplication } from '../wsgi/direct.js';
import type { Application, Environ } from '../wsgi/types.js';
import { chosenApplication } from './chosen-application.js';

export interface Mounted {
  /** `/prefix`; empty for the root. */
  path: string;
  application: Application;
}

type Rules = Pick<Settings, 'manageScriptName' | 'ignoreScriptName'>;

/** @param fallback takes what belongs to no mount */
export function mountApplications(
  mounts: readonly Mounted[],
  fallback: Application,
  { manageScriptName, ignoreScriptName }: Rules,
): DirectApplication {
  const longestFirst = [...mounts].sort((a, b) => b.path.length - a.path.length);
  const main = mounts.find(({ path }) => path === '');
  const choose = (environ: Environ): Application => {
    const found = longestFirst.find(({ path }) =>
      manageScriptName ? isBelow(environ.PATH_INFO, path) : environ.SCRIPT_NAME === path,
    );
    if (manageScriptName && found !== undefined) move(environ, found.path);
    return (ignoreScriptName ? main : found)?.application ?? fallback;
  };
  return chosenApplication(choose, () => {
    if (manageScriptName && !ignoreScriptName) return chooseUpgrade(longestFirst, fallback);
    // Over HTTP nobody sends a SCRIPT_NAME.
    return chooseUpgrade([], main?.application ?? fallback);
  });
}

/** Over HTTP, where Node's server hands the connection out before there is an environ. */
function chooseUpgrade(longestFirst: readonly Mounted[], fallback: Application): UpgradeListener | null {
  const all = [...longestFirst.map(({ application }) => application), fallback];
  if (all.every((application) => upgradeListenerOf(application) === null)) return null;
  return (request, socket, head) => {
    const url = request.url ?? '/';
    const pathInfo = normalisePath(url.replace(/\?.*$/s, '')) ?? url;
    const mount = longestFirst.find(({ path }) => isBelow(pathInfo, path));
    if (mount !== undefined) request.url = belowMount(url, mount.path) ?? url;
    const listener = upgradeListenerOf(mount?.application ?? fallback);
    if (listener !== null) return listener(request, socket, head);
    // Node has let go of the socket: a client that resets it now would be an error that nobody caught.
    socket.on('error', () => {});
    const refusal = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
    // Nor has it a limit of time any more: one that never closes would keep it for ever.
    socket.end(refusal, () => socket.destroy());
  };
}

function isBelow(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/');
}

function move(environ: Environ, prefix: string): void {
  environ.SCRIPT_NAME += prefix;
  environ.PATH_INFO = environ.PATH_INFO.slice(prefix.length);
  if (prefix !== '') environ[mountPoint] = prefix;
}
