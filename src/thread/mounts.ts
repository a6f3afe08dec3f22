/**
 * Several applications behind one: `mount = /prefix=module:callable`, as uWSGI has it. With `manage-script-name` the path
 * decides, and its prefix moves to SCRIPT_NAME (PEP 3333, "environ Variables"); without it the front server decides, by
 * the SCRIPT_NAME it sends.
 */
import { mountPoint } from '../adapters/request.js';
import { callApplication, type ErrorReport } from '../wsgi/call.js';
import { type DirectApplication, direct, isDirect } from '../wsgi/direct.js';
import type { Application, Environ, ResponseSink, StartResponse } from '../wsgi/types.js';

export interface Mounted {
  /** `/prefix`; empty for the root. */
  path: string;
  application: Application;
}

/** @param fallback takes what belongs to no mount */
export function mountApplications(
  mounts: readonly Mounted[],
  fallback: Application,
  manageScriptName: boolean,
): DirectApplication {
  const longestFirst = [...mounts].sort((a, b) => b.path.length - a.path.length);
  const choose = (environ: Environ): Application => {
    const found = longestFirst.find(({ path }) =>
      manageScriptName ? isBelow(environ.PATH_INFO, path) : environ.SCRIPT_NAME === path,
    );
    if (found === undefined) return fallback;
    if (manageScriptName) move(environ, found.path);
    return found.application;
  };
  const application = (environ: Environ, startResponse: StartResponse) =>
    choose(environ)(environ, startResponse);
  return Object.assign(application, {
    [direct]: (environ: Environ, sink: ResponseSink, report: ErrorReport) => {
      const chosen = choose(environ);
      if (isDirect(chosen)) chosen[direct](environ, sink, report);
      else callApplication(chosen, environ, sink, report);
    },
  });
}

function isBelow(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/');
}

function move(environ: Environ, prefix: string): void {
  environ.SCRIPT_NAME += prefix;
  environ.PATH_INFO = environ.PATH_INFO.slice(prefix.length);
  if (prefix !== '') environ[mountPoint] = prefix;
}
