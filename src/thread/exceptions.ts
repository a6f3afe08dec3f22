/**
 * What follows an error of the application: a line in the log with its request and its stack, always; by the options
 * also a page for the client (`catch-exceptions`, `error-page-500`) and another worker (`reload-on-exception`).
 */
import { inspect } from 'node:util';
import type { Settings } from '../config/settings.js';
import { escapeControls } from '../log/escape.js';
import { log } from '../log/stderr.js';
import type { ErrorReport } from '../wsgi/call.js';
import { internalServerError } from '../wsgi/headers.js';
import type { Environ } from '../wsgi/types.js';
import { errorPage } from './error-page.js';

export type ExceptionSettings = Pick<Settings, 'catchExceptions' | 'reloadOnException' | 'errorPage500'>;

/** @param spoiled told of an error after which `reload-on-exception` wants another worker */
export function exceptionReport(settings: ExceptionSettings, spoiled: () => void = () => {}): ErrorReport {
  const page = errorPage(settings.errorPage500);
  return (error, environ) => {
    const request = requestText(environ);
    const stack = stackOf(error);
    log(`${request}: ${stack}`);
    if (asksForReload(error, settings.reloadOnException)) spoiled();
    if (!settings.catchExceptions) return page();
    return { head: internalServerError, body: `${request}\n\n${stack}\n` };
  };
}

/** `GET /path?query`, of which nothing can begin a line of its own. */
export function requestText({ REQUEST_METHOD, REQUEST_URI, PATH_INFO }: Environ): string {
  return escapeControls(`${REQUEST_METHOD} ${REQUEST_URI ?? PATH_INFO}`);
}

/** The stack of whatever was thrown. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : inspect(error);
}

/** As uWSGI has it: the type is a class's name, the value a message, the repr both: `TypeError: x is not a function`. */
function asksForReload(error: unknown, wanted: Settings['reloadOnException']): boolean {
  if (wanted.always) return true;
  const { types, values, reprs } = wanted;
  if (types.length + values.length + reprs.length === 0) return false;
  const isError = error instanceof Error;
  return (
    (isError && (types.includes(error.name) || types.includes(error.constructor.name))) ||
    values.includes(isError ? error.message : String(error)) ||
    reprs.includes(String(error))
  );
}
