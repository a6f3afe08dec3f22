/** What we use of uWebSockets.js, whose own types come with its package. Strings go out as UTF-8, everything else as it is. */

export interface Uws {
  App(): UwsApp;
  us_listen_socket_close(socket: object): void;
  us_socket_local_port(socket: object): number;
}

export interface UwsApp {
  any(pattern: string, handler: (response: UwsResponse, request: UwsRequest) => void): UwsApp;
  filter(count: (connection: UwsResponse, change: number) => void): UwsApp;
  listen(host: string, port: number, options: number, done: (socket: object | false) => void): UwsApp;
  /** Closes all sockets at once. */
  close(): UwsApp;
}

/** Valid during the handler only. */
export interface UwsRequest {
  getCaseSensitiveMethod(): string;
  /** The path; UTF-8 decoded. */
  getUrl(): string;
  /** Undefined where the target has no `?`. */
  getQuery(): string | undefined;
  /** Latin-1, the first of that name. */
  getHeader(lowerCaseName: string): string;
  /** Names in lower case, values UTF-8 decoded. */
  forEach(each: (name: string, value: string) => void): void;
}

/** Valid until the response is complete or `onAborted` has been called; any use after that throws. */
export interface UwsResponse {
  writeStatus(status: string | Uint8Array): UwsResponse;
  end(body?: string | Uint8Array, closeConnection?: boolean): UwsResponse;
  endWithoutBody(): UwsResponse;
  tryEnd(chunk: Uint8Array, total: number): [ok: boolean, complete: boolean];
  write(chunk: Uint8Array): boolean;
  getWriteOffset(): number;
  close(): UwsResponse;
  cork(write: () => void): UwsResponse;
  onWritable(handler: (offset: number) => boolean): UwsResponse;
  onAborted(handler: () => void): UwsResponse;
  onData(handler: (chunk: ArrayBuffer, last: boolean) => void): UwsResponse;
  /** 4 or 16 bytes. */
  getRemoteAddress(): ArrayBuffer;
}
