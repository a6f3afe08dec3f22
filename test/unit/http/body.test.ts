import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { BodyCollector, type FileBody } from '../../../src/http/body.js';
import { cleanUp, makeDirectory } from '../../support/clean-up.js';

afterEach(cleanUp);

const limits = { memory: 10, total: 25 };

function chunk(source: FileBody): Promise<Buffer | null> {
  return new Promise((resolve) => source.read(resolve));
}

describe('BodyCollector', () => {
  it('keeps a small body in memory', () => {
    const collector = new BodyCollector(limits);
    collector.add(Buffer.from('hello'));
    collector.add(Buffer.from('world'));
    expect(collector.finish()).toEqual(Buffer.from('helloworld'));
  });

  it('hands on the only chunk as it is', () => {
    const collector = new BodyCollector(limits);
    const only = Buffer.from('hello');
    collector.add(only);
    expect(collector.finish()).toBe(only);
  });

  it('has no chunk for an empty body', () => {
    expect(new BodyCollector(limits).finish()).toEqual(Buffer.alloc(0));
  });

  it('puts a larger one into a file that is gone from its directory', async () => {
    const directory = await makeDirectory();
    const collector = new BodyCollector(limits, directory);
    for (const part of ['hello ', 'wide ', 'world']) expect(collector.add(Buffer.from(part))).toBe(true);
    expect(readdirSync(directory)).toEqual([]);
    const body = collector.finish() as FileBody;
    expect(body.length).toBe(16);
    expect(body.readSync(100)).toEqual(Buffer.from('hello wide world'));
    body.close(false);
  });

  it('says when it is too much, and forgets it', async () => {
    const collector = new BodyCollector(limits, await makeDirectory());
    expect(collector.add(Buffer.alloc(25))).toBe(true);
    expect(collector.add(Buffer.alloc(1))).toBe(false);
    collector.discard();
    collector.discard();
  });

  it('knows no limit where none is set', () => {
    const collector = new BodyCollector({ memory: 1_000_000, total: 0 });
    expect(collector.add(Buffer.alloc(100_000))).toBe(true);
  });

  it('throws what the file system says', async () => {
    const collector = new BodyCollector(limits, join(await makeDirectory(), 'missing'));
    expect(() => collector.add(Buffer.alloc(11))).toThrow('ENOENT');
    collector.discard();
  });

  it('leaves the file to the body once it is finished', async () => {
    const collector = new BodyCollector(limits, await makeDirectory());
    collector.add(Buffer.from('0123456789ab'));
    const body = collector.finish() as FileBody;
    collector.discard();
    expect(body.readSync(3)).toEqual(Buffer.from('012'));
    body.close(false);
  });
});

describe('FileBody', () => {
  async function file(text: string): Promise<FileBody> {
    const directory = join(await makeDirectory(), 'tmp');
    mkdirSync(directory);
    const collector = new BodyCollector({ memory: 0, total: 0 }, directory);
    collector.add(Buffer.from(text));
    return collector.finish() as FileBody;
  }

  it('is read piece by piece, in all three ways from one position', async () => {
    const body = await file('0123456789');
    expect(body.readSync(2)).toEqual(Buffer.from('01'));
    const target = Buffer.alloc(4, '.');
    expect(body.readInto(target, 1)).toBe(3);
    expect(target.toString()).toBe('.234');
    expect(await chunk(body)).toEqual(Buffer.from('56789'));
    expect(await chunk(body)).toBeNull();
    expect(body.readSync(1)).toHaveLength(0);
    expect(body.readInto(target, 0)).toBe(0);
    expect(body.aborted).toBe(false);
    body.close(false);
  });

  it('answers asynchronously, never within read', async () => {
    const body = await file('a');
    let answered = false;
    const first = new Promise<void>((resolve) => {
      body.read(() => {
        answered = true;
        resolve();
      });
    });
    expect(answered).toBe(false);
    await first;
    body.close(false);
  });

  it('ends when it is closed, also under a read', async () => {
    const body = await file('x'.repeat(200_000));
    const reading = chunk(body);
    body.close(false);
    body.close(false);
    await reading;
    expect(await chunk(body)).toBeNull();
    expect(body.readSync(1)).toHaveLength(0);
  });

  it('tells of a peer that is gone, also afterwards', async () => {
    const body = await file('a');
    const told: string[] = [];
    body.onGone(() => told.push('before'));
    body.close(true);
    body.onGone(() => told.push('after'));
    expect(told).toEqual(['before', 'after']);
  });

  it('tells nobody where the response was complete', async () => {
    const body = await file('a');
    let told = false;
    body.onGone(() => {
      told = true;
    });
    body.close(false);
    expect(told).toBe(false);
  });
});
