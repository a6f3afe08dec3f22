/** How `cheaper` decides on the number of workers: one look a second at what they do, one answer. */

/** What is seen in one look. */
export interface Sample {
  /** Workers that run, those that still load included. */
  running: number;
  /**
   * How much of one worker's time all of them together have been at work since the last look: 1.5 of 4 workers. A thread is
   * at work while it runs JavaScript; one that waits for a database is not.
   */
  load: number;
  /** Connections that wait to be accepted. */
  waiting: number;
  /** Workers that may be started. */
  startable: number;
  /** Whether one may go. */
  stoppable: boolean;
}

export interface Decision {
  /** As many workers more; the caller keeps to the bounds. */
  start?: number;
  /** One less. */
  stop?: boolean;
  /** Line for the log. */
  why?: string;
}

export interface Algorithm {
  /** Called once a second. */
  decide(sample: Sample): Decision;
}
