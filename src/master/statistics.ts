/** Who works, in words: what SIGUSR1, SIGUSR2 and `s` on the master fifo print, and what a start and a reload end with. */
import { escapeControls } from '../log/escape.js';
import { readyLine } from '../log/startup.js';
import type { FoundApp, LoadedApp } from '../messages.js';
import type { CoreActivity } from '../stats/snapshot.js';
import type { Crew } from './crew.js';
import type { WorkerHandle } from './worker-handle.js';

/** From here on these workers answer. */
export function summaryLine({ active, life }: Crew, app: LoadedApp | null): string {
  const { settings, listeners } = life;
  return readyLine({
    app: app === null ? null : applicationText(app),
    workers: active.length,
    processes: settings.processes,
    threads: settings.threads,
    sockets: listeners.map(({ name, protocol }) => `${name} (${protocol})`),
  });
}

/** `application of /srv/wsgi.js`, `listen(3000) of /srv/server.js (node)`, `…, /shop: app of /srv/shop.js` */
function applicationText(app: LoadedApp): string {
  const mounts = app.mounts?.map((mount) => `, ${mount.path || '/'}: ${foundText(mount)}`) ?? [];
  return foundText(app) + mounts.join('');
}

function foundText({ callable, file, kind }: FoundApp): string {
  return `${callable} of ${file}${kind === 'wsgi' ? '' : ` (${kind})`}`;
}

/** What each thread does: what SIGUSR2 prints. Nobody is asked, so it tells of threads that are stuck, too. */
export function activityLines(crew: Crew): string[] {
  return [...crew].flatMap((worker) => worker.cores.map((core) => activityLine(worker, core)));
}

export function activityLine(
  { id, pid }: Pick<WorkerHandle, 'id' | 'pid'>,
  { id: core, open, current }: CoreActivity,
): string {
  const request =
    current === null
      ? ''
      : `, the last one ${escapeControls(`${current.address} - ${current.method} ${current.uri}`)} for ${current.age} msecs`;
  return `worker ${id} (pid: ${pid ?? 0}) core ${core}: ${open === 0 ? 'idle' : `${open} unfinished${request}`}`;
}

/** @param phase what the master does: `serving`, `paused`. */
export function statisticsLines({ slots, retiring }: Crew, phase: string): string[] {
  return [
    `*** uwsgi-node master (pid: ${process.pid}): ${phase} ***`,
    ...slots.map(({ id, worker, lives }) => {
      const age = worker?.age ?? null;
      const uptime = age === null ? '' : `, up ${Math.round(age / 1000)} seconds`;
      if (worker === null) return `worker ${id}: none, ${lives} so far`;
      const score = worker.score;
      const work = score === null ? '' : `, ${score.finished} requests, ${score.open} unfinished`;
      return `worker ${id} (pid: ${worker.pid ?? 0}): ${worker.state}${uptime}${work}, respawned ${lives - 1} times`;
    }),
    ...[...retiring].map(({ id, pid }) => `old worker ${id} (pid: ${pid ?? 0}): finishes its requests`),
  ];
}
