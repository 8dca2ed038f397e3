import { beforeEach, expect, it } from 'vitest';
import { SpecCache } from './spec-cache.ts';

let reads: string[];
let read: (functionKey: string, digest: string) => Promise<string | undefined>;
let cache: SpecCache<string | undefined>;
beforeEach(() => {
  reads = [];
  read = async (functionKey, digest) => `${functionKey} ${digest}`;
  cache = new SpecCache({
    read: (functionKey, digest) => {
      reads.push(`${functionKey} ${digest}`);
      return read(functionKey, digest);
    },
    sizeOf: (spec) => spec.length,
    maxBytes: 12,
  });
});

it('reads once for all who ask, then and later', async () => {
  expect(await Promise.all([cache.get('a', '1'), cache.get('a', '1')])).toEqual(['a 1', 'a 1']);
  expect(await cache.get('a', '1')).toBe('a 1');
  expect(reads).toEqual(['a 1']);
});

it('keeps no more than its bytes, those used last', async () => {
  for (const digest of ['1', '2', '3', '4', '1', '5', '1']) await cache.get('a', digest);
  // Four of three bytes fit; 2 was used least recently when 5 came.
  expect(reads).toEqual(['a 1', 'a 2', 'a 3', 'a 4', 'a 5']);
  await cache.get('a', '2');
  expect(reads.at(-1)).toBe('a 2');
});

it('does not keep what is larger than all of it', async () => {
  await cache.get('a', 'x'.repeat(20));
  await cache.get('a', 'x'.repeat(20));
  expect(reads).toHaveLength(2);
});

it('asks again for what was absent or could not be read', async () => {
  read = async () => undefined;
  expect(await cache.get('a', '1')).toBeUndefined();
  read = () => Promise.reject(new Error('no Redis'));
  await expect(Promise.all([cache.get('a', '1'), cache.get('a', '1')])).rejects.toThrow('no Redis');
  read = async () => 'a 1';
  expect(await cache.get('a', '1')).toBe('a 1');
  expect(reads).toHaveLength(3);
});

it('has nothing of one function for another that names its digest', async () => {
  await cache.get('a', '1');
  expect(await cache.get('b', '1')).toBe('b 1');
  expect(reads).toEqual(['a 1', 'b 1']);
});
