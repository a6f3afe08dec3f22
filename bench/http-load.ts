/** HTTP load in slices, straight to a server or through an nginx of its own: wrk, which takes whole seconds. */
import type { RunningServer } from './contender.js';
import { errors } from './errors.js';
import { costOf } from './measure.js';
import { type NginxOptions, startNginx } from './nginx.js';
import { memoryOf } from './process-usage.js';
import type { Loaded } from './session.js';
import { runWrk } from './wrk.js';

export const HTTP_SLICE_S = 1;
const CONNECTIONS = 64;
/** A JIT compiler is done after so many; a machine that is slower has had its time after so many slices. */
const WARM_UP_REQUESTS = 20_000;
const WARM_UP_SLICES = 12;

/** What a browser sends, as in `load/packets.cc`. */
export const BROWSER_HEADERS = [
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Accept-Language: en-US,en;q=0.5',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Cookie: sessionid=4f1c2d9be07a43c8a1; csrftoken=Zq8Lw2Xn5Rt7Yb3K',
] as const;

export interface HttpShape {
  path?: string;
  connections?: number;
  /** The client closes its connection after every request. */
  closing?: boolean;
  nginx?: Omit<NginxOptions, 'upstream'>;
}

export interface HttpMeasurement {
  requests: number;
  requestsPerSecond: number;
  /** CPU of all the server's processes, without nginx's; microseconds. */
  cpuPerRequest: number;
  p50: number;
  p99: number;
  rssKiB: number;
  pssKiB: number;
  foreignCores: number;
}

function load(server: RunningServer, url: string, helpers: () => number[], shape: HttpShape) {
  const headers = shape.closing ? [...BROWSER_HEADERS, 'Connection: close'] : BROWSER_HEADERS;
  const wrk = () => runWrk(url, shape.connections ?? CONNECTIONS, HTTP_SLICE_S, headers);
  return {
    async warmUp() {
      let requests = 0;
      for (let i = 0; i < WARM_UP_SLICES && requests < WARM_UP_REQUESTS; i++)
        requests += (await wrk()).requests;
    },
    async slice(): Promise<HttpMeasurement> {
      const { result, cost } = await costOf(server, wrk, helpers);
      if (result.errors.total > 0) throw errors.requestsFailed(server.contender.label, result.errors);
      return {
        requests: result.requests,
        requestsPerSecond: result.requests / (result.microseconds / 1e6),
        cpuPerRequest: cost.cpuNs / 1000 / result.requests,
        p50: result.p50,
        p99: result.p99,
        ...memoryOf(server.pids()),
        foreignCores: cost.foreignCores,
      };
    },
  };
}

/** Through an nginx with one worker. */
export function behindNginx(shape: HttpShape = {}) {
  return async (server: RunningServer, dir: string): Promise<Loaded<HttpMeasurement>> => {
    const nginx = await startNginx(dir, { upstream: server.endpoint, ...shape.nginx });
    const url = nginx.url + (shape.path ?? '/');
    return { ...load(server, url, nginx.pids, shape), stop: nginx.stop };
  };
}

/** Without nginx; over TCP, for wrk knows no other. */
export function overHttp(shape: HttpShape = {}) {
  return async (server: RunningServer): Promise<Loaded<HttpMeasurement>> =>
    load(server, `http://${server.endpoint.address}${shape.path ?? '/'}`, () => [], shape);
}
