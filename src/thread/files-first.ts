/** `static-map`, `check-static`: the application is asked for what no file answers. */
import { upgradeListenerOf } from '../adapters/websocket.js';
import type { StaticSettings } from '../config/static-settings.js';
import { StaticFiles } from '../static/static-files.js';
import type { DirectApplication } from '../wsgi/direct.js';
import type { Application } from '../wsgi/types.js';
import { chosenApplication } from './chosen-application.js';

export function filesFirst(settings: StaticSettings, application: Application): DirectApplication {
  const files = new StaticFiles(settings);
  return chosenApplication(
    (environ) => files.find(environ) ?? application,
    () => upgradeListenerOf(application),
  );
}
