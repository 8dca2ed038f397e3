import { createHash, randomBytes } from 'node:crypto';
import { beforeEach, expect, it } from 'vitest';
import { launchContext, launchDigest, launchKey } from '#crds/wire/launch-spec.ts';
import { Seal } from '#crds/wire/seal.ts';
import { LaunchSpecs } from './launch-specs.ts';

const seal = new Seal(randomBytes(32));
const stored = new Map<string, Buffer>();
let reads = 0;
let failures: string[] = [];

beforeEach(() => {
  stored.clear();
  reads = 0;
  failures = [];
});

function specs(getBuffer = read): LaunchSpecs {
  const onFailure = (functionKey: string, error: unknown) =>
    void failures.push(`${functionKey}: ${(error as Error).message}`);
  return new LaunchSpecs({ redis: { getBuffer } as never, seal, onFailure });
}

const read = async (key: unknown) => {
  reads += 1;
  return stored.get(String(key)) ?? null;
};

/** Returns its digest and plain text. */
function store(functionKey: string, context = launchContext(functionKey)) {
  const plain = Buffer.from(JSON.stringify({ function: functionKey, revision: 'r1' }));
  const digest = launchDigest(seal, plain);
  stored.set(launchKey(digest), seal.close(plain, context));
  return { digest, plain };
}

it('reads and opens a spec once, for all who ask', async () => {
  const { digest, plain } = store('shop/hello');
  const cache = specs();
  const [a, b] = await Promise.all([cache.get('shop/hello', digest), cache.get('shop/hello', digest)]);
  expect(a?.body).toEqual(plain);
  expect(a?.sha256).toBe(createHash('sha256').update(plain).digest('hex'));
  expect(a?.revision).toBe('r1');
  expect(b).toBe(a);
  expect(await cache.get('shop/hello', digest)).toBe(a);
  expect(reads).toBe(1);
});

it('has nothing for a digest that is not there, and asks again the next time', async () => {
  const cache = specs();
  expect(await cache.get('shop/hello', '0')).toBeUndefined();
  expect(await cache.get('shop/hello', '0')).toBeUndefined();
  expect(reads).toBe(2);
  expect(failures).toEqual([]);
});

it('does not open a spec of another function', async () => {
  const { digest } = store('shop/hello', launchContext('shop/other'));
  expect(await specs().get('shop/hello', digest)).toBeUndefined();
  expect(failures).toHaveLength(1);
});

it('gives up on a slow Redis, but keeps what comes late', async () => {
  const { digest } = store('shop/hello');
  let answer = () => {};
  const slow = (key: unknown) =>
    new Promise<Buffer | null>((resolve) => {
      answer = () => resolve(stored.get(String(key)) ?? null);
    });
  const cache = specs(slow);
  expect(await cache.get('shop/hello', digest)).toBeUndefined();
  answer();
  expect((await cache.get('shop/hello', digest))?.revision).toBe('r1');
});
