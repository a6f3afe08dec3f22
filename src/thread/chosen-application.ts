/** An application that is another one for each request: of several that are mounted, or a file's. */
import { type UpgradeListener, upgradeListener } from '../adapters/websocket.js';
import type { ErrorReport } from '../wsgi/call.js';
import { type DirectApplication, direct, directCallOf } from '../wsgi/direct.js';
import type { Application, Environ, ResponseSink, StartResponse } from '../wsgi/types.js';

/**
 * @param choose must not throw
 * @param upgrades who takes upgrades over HTTP, where there is no environ yet
 */
export function chosenApplication(
  choose: (environ: Environ) => Application,
  upgrades: () => UpgradeListener | null,
): DirectApplication {
  const application = (environ: Environ, startResponse: StartResponse) =>
    choose(environ)(environ, startResponse);
  return Object.assign(application, {
    [direct]: (environ: Environ, sink: ResponseSink, report: ErrorReport) =>
      directCallOf(choose(environ))(environ, sink, report),
    [upgradeListener]: upgrades,
  });
}
