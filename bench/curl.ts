/** One large transfer through curl, which costs less CPU than a client written in JavaScript. */
import { runTool } from './children.js';

export interface Transfer {
  status: number;
  /** Bytes of the response's body. */
  received: number;
  seconds: number;
  /** The response's body, where it was asked for. */
  body: string;
}

const FORMAT = '\n%{http_code} %{size_download} %{time_total}';

async function curl(args: string[]): Promise<Transfer> {
  const output = await runTool('curl', [
    '--silent',
    '--show-error',
    '--max-time',
    '120',
    '--write-out',
    FORMAT,
    ...args,
  ]);
  const end = output.lastIndexOf('\n');
  const [status, received, seconds] = output
    .slice(end + 1)
    .split(' ')
    .map(Number) as [number, number, number];
  return { status, received, seconds, body: output.slice(0, end) };
}

export function download(url: string): Promise<Transfer> {
  return curl(['--output', '/dev/null', url]);
}

export function upload(url: string, file: string): Promise<Transfer> {
  // Without an empty Expect curl waits for a 100 Continue first.
  return curl(['--header', 'Expect:', '--request', 'POST', '--upload-file', file, url]);
}
