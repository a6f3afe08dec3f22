import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fastcgiPackets, invalidPackets, scgiPackets, type ValidPacket, validPackets } from './corpus.js';
import { encodePacket } from './encode.js';
import { corpusFiles } from './generate.js';

const kinds = ['', 'fastcgi', 'scgi'].flatMap((folder) => [join(folder, 'valid'), join(folder, 'invalid')]);

if (process.env.UPDATE_PACKETS) {
  for (const kind of kinds) {
    rmSync(join(import.meta.dirname, kind), { recursive: true, force: true });
    mkdirSync(join(import.meta.dirname, kind), { recursive: true });
  }
  for (const [path, bytes] of corpusFiles()) writeFileSync(join(import.meta.dirname, path), bytes);
}

describe('the files of the corpus', () => {
  const expected = corpusFiles();

  test('are those the generator names', () => {
    const found = kinds.flatMap((kind) =>
      readdirSync(join(import.meta.dirname, kind)).map((file) => `${kind}/${file}`),
    );
    expect(found.sort()).toEqual([...expected.keys()].sort());
  });

  test.each([...expected])('%s is what the generator writes', (path, bytes) => {
    // Not toEqual: its report of two 65 KB buffers that differ is unreadable.
    expect(readFileSync(join(import.meta.dirname, path)).equals(bytes)).toBe(true);
  });

  test('have numbers of their own', () => {
    for (const kind of kinds) {
      const numbers = [...expected.keys()].filter(
        (path) => path.startsWith(`${kind}/`) && path.endsWith('.bin'),
      );
      expect(new Set(numbers.map((path) => path.slice(0, kind.length + 4))).size).toBe(numbers.length);
    }
  });
});

function agreesWithItself(packet: ValidPacket): void {
  expect(packet.why).not.toBe('');
  const last = packet.vars.filter(([key]) => key === 'CONTENT_LENGTH').at(-1)?.[1] ?? '';
  expect(packet.contentLength).toBe(last === '' ? null : Number(last));
}

describe('the corpus as read', () => {
  test.each(validPackets().map((packet) => [packet.name, packet] as const))('%s', (_, packet) => {
    const body = Buffer.concat([packet.body, packet.surplus]);
    expect(encodePacket(packet.vars, { ...packet, body }).equals(packet.bytes)).toBe(true);
    agreesWithItself(packet);
    expect(packet.body.length).toBeLessThanOrEqual(packet.contentLength ?? 0);
  });

  test.each([...fastcgiPackets(), ...scgiPackets()].map((packet) => [packet.name, packet] as const))(
    '%s',
    (_, packet) => agreesWithItself(packet),
  );

  test('has both kinds, of each protocol', () => {
    expect(validPackets().length).toBeGreaterThan(30);
    expect(invalidPackets().length).toBeGreaterThan(30);
    for (const protocol of ['fastcgi', 'scgi'] as const)
      expect(invalidPackets(protocol).length).toBeGreaterThan(15);
    expect(fastcgiPackets().length).toBeGreaterThan(25);
    expect(scgiPackets().length).toBeGreaterThan(15);
  });
});
