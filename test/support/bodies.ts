/** Bodies of any size whose bytes are a function of their place, as test/apps/downloads.js sends them too. */
import { createHash } from 'node:crypto';

/** The largest that was asked for: to write a hundred megabytes anew takes longer than to send them. */
let largest = Buffer.alloc(0);
const digests = new Map<number, string>();

const block = Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * 31 + (i >> 8)) & 0xff));

/** The first `size` bytes; to be read only, as others get the same memory. */
export function bytesOf(size: number): Buffer {
  if (largest.length < size) largest = Buffer.alloc(size, block);
  return largest.subarray(0, size);
}

/** `SIZE SHA-1`, as test/apps/bodies.js answers. */
export async function digestOf(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha1');
  let size = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    size += chunk.length;
  }
  return `${size} ${hash.digest('hex')}`;
}

/** Of `bytesOf(size)`. */
export async function expectedDigest(size: number): Promise<string> {
  const digest = digests.get(size) ?? (await digestOf([bytesOf(size)]));
  digests.set(size, digest);
  return digest;
}
