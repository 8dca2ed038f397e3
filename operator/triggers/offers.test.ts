import { describe, expect, it } from 'vitest';
import type { Trigger } from '#crds/function/types.ts';
import { Seal } from '#crds/wire/seal.ts';
import { triggersDigest } from '#crds/wire/trigger-spec.ts';
import type { ObjectRef } from '#kube/client.ts';
import { KubeError } from '#kube/errors.ts';
import { silentLog } from '#kube/log.ts';
import { aTrigger, triggered } from './fixtures.ts';
import { createTriggerOffers, type TriggerOffersOptions } from './offers.ts';

const seal = new Seal(Buffer.alloc(32, 7));
const failure = (status: number) => new KubeError({ status, reason: 'X', message: 'no' });
const withSecret = aTrigger({ secretRef: { name: 'broker' } });

/** One function, its Secret, and a Redis that keeps what is written. */
function stage(options: Partial<TriggerOffersOptions> = {}) {
  const world = { password: 'one' as string | undefined, failure: undefined as Error | undefined, nowMs: 0 };
  const kept = new Map<string, string>();
  const store = {
    ready: true,
    failure: undefined as Error | undefined,
    async write(_key: string, digest: string, plain: Buffer) {
      if (store.failure) throw store.failure;
      kept.set(digest, plain.toString());
    },
  };
  let reads = 0;
  const offers = createTriggerOffers({
    client: {
      async get(_type: unknown, _ref: ObjectRef) {
        reads += 1;
        if (world.failure) throw world.failure;
        if (world.password === undefined) throw failure(404);
        return { data: { password: Buffer.from(world.password).toString('base64') } };
      },
    } as TriggerOffersOptions['client'],
    store,
    seal,
    log: silentLog,
    monotonic: () => world.nowMs,
    ...options,
  });
  let named: string | undefined;
  return {
    world,
    store,
    kept,
    offers,
    reads: () => reads,
    /** As the reconciler asks, with what it wrote before in the status. */
    async offer(triggers: Trigger[] = [withSecret], digest = named) {
      const status = digest ? { triggers: { digest, list: [] } } : {};
      const offer = await offers.offer(triggered(triggers, status));
      named = offer.digest;
      return offer;
    },
  };
}

describe('what gateways are to run', () => {
  it('is written once, under its digest, and looked at again each minute when it has Secrets', async () => {
    const s = stage();
    const first = await s.offer();
    const [digest, plain] = [...s.kept][0] ?? [];
    expect(digest).toBe(triggersDigest(seal, Buffer.from(plain ?? '')));
    expect(first).toEqual({ digest, obstacles: new Map(), againMs: 60_000 });
    s.world.nowMs = 20_000;
    expect(await s.offer()).toEqual({ ...first, againMs: 40_000 });
    expect(s.reads()).toBe(1);
    s.world.nowMs = 60_000;
    s.world.password = 'two';
    const second = await s.offer();
    expect(second.digest).not.toBe(digest);
    expect(s.kept.get(second.digest ?? '')).toContain('"password":"two"');
  });

  it('is looked at no more without Secrets, until the triggers change', async () => {
    const s = stage();
    const { digest, againMs } = await s.offer([aTrigger()]);
    expect(againMs).toBeUndefined();
    expect((await s.offer([aTrigger({ concurrency: 1 })])).digest).not.toBe(digest);
    expect(s.reads()).toBe(0);
  });

  it('is nothing without triggers', async () => {
    const s = stage();
    await s.offer();
    expect(await s.offer([])).toEqual({ digest: undefined, obstacles: new Map() });
    expect(s.offers.current().size).toBe(0);
  });

  it('leaves out what lacks its Secret, which is soon looked for again', async () => {
    const s = stage();
    s.world.password = undefined;
    const offer = await s.offer([withSecret]);
    expect(offer).toMatchObject({ digest: undefined, againMs: 10_000 });
    expect(offer.obstacles.get('nightly')?.reason).toBe('SecretMissing');
    s.world.password = 'there';
    s.world.nowMs = 10_000;
    expect((await s.offer()).digest).toBeDefined();
  });

  it('says so when Secrets may not be read', async () => {
    const s = stage();
    s.world.failure = failure(403);
    const { obstacles, againMs } = await s.offer();
    expect(obstacles.get('nightly')?.reason).toBe('SecretForbidden');
    expect(againMs).toBe(60_000);
  });

  it('stays as it is while the API server does not answer', async () => {
    const s = stage();
    const { digest } = await s.offer();
    s.world.nowMs = 60_000;
    s.world.failure = failure(503);
    expect(await s.offer()).toEqual({ digest, obstacles: new Map(), againMs: 5_000 });
  });

  it('cannot be handed over without a key to seal it', async () => {
    const s = stage({ seal: undefined });
    const { digest, obstacles } = await s.offer();
    expect(digest).toBeUndefined();
    expect(obstacles.get('nightly')).toMatchObject({ status: 'Unknown', reason: 'TriggerUnreported' });
    expect(obstacles.get('nightly')?.message).toContain('CATNAP_ENCRYPTION_KEY');
  });
});

describe('without Redis', () => {
  it('gateways go on with what they have, and the function waits', async () => {
    const s = stage();
    s.store.ready = false;
    expect((await s.offer([aTrigger()], 'earlier')).digest).toBe('earlier');
    expect(s.offers.waiting()).toEqual(['shop/hello']);
    s.store.ready = true;
    expect((await s.offer([aTrigger()])).digest).toBe([...s.kept.keys()][0]);
    expect(s.offers.waiting()).toEqual([]);
  });

  it('what cannot be written is not named', async () => {
    const s = stage();
    s.store.failure = new Error('OOM command not allowed');
    expect((await s.offer()).digest).toBeUndefined();
    expect(s.offers.waiting()).toEqual(['shop/hello']);
  });
});

describe('what the status names', () => {
  it('is not written again by another leader, unless it was lost', async () => {
    const { digest } = await stage().offer();
    const next = stage();
    expect((await next.offer([withSecret], digest)).digest).toBe(digest);
    expect(next.kept.size).toBe(0);
    next.offers.lost(digest ?? '');
    expect((await next.offer()).digest).toBe(digest);
    expect([...next.kept.keys()]).toEqual([digest]);
  });

  it('is current until the function is gone', async () => {
    const s = stage();
    const { digest } = await s.offer();
    expect([...s.offers.current()]).toEqual([digest]);
    s.offers.forget('shop/hello');
    expect(s.offers.current().size).toBe(0);
  });
});
