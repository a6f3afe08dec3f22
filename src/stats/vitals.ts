/** What a thread tells about itself once a second. */
export interface Vitals {
  /** Milliseconds since it told. A thread that is stuck tells nothing. */
  age: number;
  /** Microseconds that the event loop came late, in the last second: mean and worst. */
  loopDelay: number;
  loopDelayMax: number;
  /** Bytes. */
  heapUsed: number;
  heapTotal: number;
  /** Milliseconds that the oldest open request has been open; null when none has been for a second. */
  oldest: number | null;
  /** Bytes outside of the heap that JavaScript holds: buffers. */
  external: number;
}
