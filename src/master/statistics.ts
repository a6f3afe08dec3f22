/** Who works, in words: what SIGUSR1 and `s` on the master fifo print. */
import type { Crew } from './crew.js';

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
