/** What the master says of workers that come and go with the load, in uWSGI's words where it has them. */

export const cheaper = {
  cheaped: (id: number) => `uWSGI worker ${id} cheaped.`,
  waiting: 'cheap mode enabled: waiting for socket connection...',
  awake: (workers: number) => `a connection waits: leaving cheap mode with ${workers} worker(s)`,
  idle: (seconds: number) => `workers have been inactive for more than ${seconds} seconds`,
  softLimit: (bytes: number, limit: number) =>
    `cheaper-rss-limit-soft: workers have ${bytes} bytes of ${limit}: no more of them are started`,
  hardLimit: (id: number, bytes: number, limit: number) =>
    `cheaper-rss-limit-hard: workers have ${bytes} bytes of ${limit}: worker ${id} goes`,
  full: (processes: number) => `all ${processes} workers run already; raise processes for more`,
};

/** What `cheaper-algo = busyness` sees and does; percent of the time workers are at work. */
export const busyness = {
  average: (seconds: number, workers: number, percent: number) =>
    `[busyness] ${seconds}s average busyness of ${workers} worker(s) is at ${percent}%`,
  high: (seconds: number, percent: number, start: number) =>
    `[busyness] ${seconds}s average busyness is at ${percent}%, will spawn ${start} new worker(s)`,
  low: (seconds: number, percent: number, running: number) =>
    `[busyness] ${seconds}s average busyness is at ${percent}%, cheap one of ${running} running workers`,
  full: (seconds: number, percent: number, running: number) =>
    `[busyness] ${seconds}s average busyness is at ${percent}% but we already started maximum number of workers (${running})`,
  queue: (waiting: number, start: number, all: number) =>
    `[busyness] ${waiting} requests in listen queue, spawning ${start} emergency worker(s) (${all})!`,
  waiting: (seconds: number, start: number) =>
    `[busyness] backlog was non-zero for ${seconds} second(s), spawning ${start} emergency worker(s)`,
};
