/** The part of autocannon that the bench uses; the package carries no types. */
declare module 'autocannon' {
  interface Result {
    errors: number;
    timeouts: number;
    non2xx: number;
    mismatches: number;
    requests: { total: number; average: number };
    /** Milliseconds. */
    latency: { p99: number };
  }
  export default function autocannon(options: {
    url: string;
    connections: number;
    /** Seconds; this or `amount`. */
    duration?: number;
    /** Requests in all. */
    amount?: number;
    headers?: Record<string, string>;
  }): Promise<Result>;
}
