/** How a packet may come: in which pieces its bytes are written. */

/** Sizes of the first writes; a number: of all of them. Long packets in larger pieces. */
export type Cut = (bytes: Buffer) => number | number[];

export const fragmentations: [name: string, cut: Cut][] = [
  ['whole', () => []],
  ['byte by byte', ({ length }) => Math.ceil(length / 500)],
  ['header, then the rest', () => [4]],
  ['inside the header', () => [1, 2]],
  ['inside the vars', ({ length }) => [Math.floor(length / 2)]],
  ['all but the last byte', ({ length }) => [length - 1]],
  ['at random', ({ length }) => randomSizes(length)],
];

let seed = 42;
function randomSizes(length: number): number[] {
  const sizes: number[] = [];
  for (let left = length; left > 0; left -= sizes.at(-1)!) {
    seed = (seed * 48_271) % 2_147_483_647;
    sizes.push(1 + (seed % Math.ceil(length / 4)));
  }
  return sizes;
}
