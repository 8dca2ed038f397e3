import type { Pod } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import type { Claim, Stray } from '#crds/wire/samples.ts';
import { KubeError } from '#kube/errors.ts';
import { silentLog } from '#kube/log.ts';
import { aBorrowedPod } from '../function/fixtures.ts';
import { type ClaimsOptions, createClaimHandler } from './claims.ts';
import { aPooledFunction, aWarmPod, POOL_KEY } from './fixtures.ts';

const stray: Stray = { namespace: 'shop', pod: 'warm-1', podUid: 'uid-warm-1' };
const claim: Claim = { ...stray, function: 'hello', revision: 'r1', claimMs: 9.26, loadMs: 4 };

/** One warm pod, one function, and an API server that keeps what is written. */
function stage(start: { pod?: Pod | undefined; fn?: CatnapFunction | undefined } = {}) {
  const world = {
    pod: 'pod' in start ? start.pod : aWarmPod(),
    fn: 'fn' in start ? start.fn : aPooledFunction(),
    nowMs: 0,
    failure: undefined as Error | undefined,
  };
  const writes: [string, unknown][] = [];
  const notes: string[] = [];
  const claimed: string[] = [];
  const write = (verb: string, body: unknown) => {
    if (world.failure) throw world.failure;
    writes.push([verb, body]);
  };
  const handler = createClaimHandler({
    client: {
      patch: async (_type: unknown, ref: { name: string }, body: unknown) => write(`patch ${ref.name}`, body),
      delete: async (_type: unknown, ref: { name: string }, options: { preconditions: unknown }) =>
        write(`delete ${ref.name}`, options.preconditions),
    } as unknown as ClaimsOptions['client'],
    caches: {
      pods: { get: (_: string, name: string) => (name === claim.pod ? world.pod : undefined) },
      functions: { get: () => world.fn },
    } as unknown as ClaimsOptions['caches'],
    recorder: {
      record: (_, { reason, note }) => void notes.push(`${reason}: ${note}`),
      stop: async () => {},
    },
    claimed: (key) => void claimed.push(key),
    log: silentLog,
    monotonic: () => world.nowMs,
  });
  return {
    world,
    writes,
    notes,
    claimed,
    /** A reading of these reports, and what follows of it. */
    async take(reports: { claims?: Claim[]; strays?: Stray[] }) {
      handler.take({ claims: [], strays: [], isolates: new Map(), starving: new Map(), ...reports });
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('a claimed pod', () => {
  it('becomes the function’s, once, and the pool hears of it', async () => {
    const s = stage();
    await s.take({ claims: [claim, claim] });
    await s.take({ claims: [claim] });
    const owner = {
      apiVersion: 'catnap.dev/v1alpha1',
      kind: 'Function',
      name: 'hello',
      uid: 'function-uid',
      controller: true,
      blockOwnerDeletion: true,
    };
    const labels = {
      'catnap.dev/pool': null,
      'pod-template-hash': null,
      'catnap.dev/function': 'hello',
      'catnap.dev/revision': 'r1',
    };
    const metadata = { uid: 'uid-warm-1', labels, ownerReferences: [owner] };
    expect(s.writes).toEqual([['patch warm-1', { metadata }]]);
    expect(s.notes).toEqual(['Woken: Took warm pod warm-1: 9.3 ms, of which loading the code 4 ms.']);
    expect(s.claimed).toEqual([POOL_KEY]);
  });

  it('says nothing about the size of the pool when the function had pods already', async () => {
    const s = stage();
    await s.take({ claims: [{ ...claim, growth: true }] });
    expect(s.writes.map(([verb]) => verb)).toEqual(['patch warm-1']);
    expect(s.notes).toEqual([
      'Scaled: Took warm pod warm-1, since calls wait: 9.3 ms, of which loading the code 4 ms.',
    ]);
    expect(s.claimed).toEqual([]);
  });

  it('is told of as a failure when the code did not load', async () => {
    const s = stage();
    await s.take({ claims: [{ ...claim, loadMs: claim.claimMs, loadFailed: true }] });
    expect(s.writes.map(([verb]) => verb)).toEqual(['patch warm-1']);
    expect(s.notes).toEqual([
      'LoadFailed: Took warm pod warm-1, and the code did not load in it, which took 9.3 ms. The pod ends.',
    ]);
  });

  it.each([
    ['the cache has no such pod', undefined],
    ['another pod has its name', aWarmPod('warm-1', { deleting: false })],
    ['it is the function’s already', aBorrowedPod('r1')],
    ['it goes', aWarmPod('warm-1', { deleting: true })],
  ])('is left alone when %s', async (what, pod) => {
    const s = stage({ pod });
    const podUid = what.startsWith('another') ? 'earlier' : claim.podUid;
    await s.take({ claims: [{ ...claim, podUid }] });
    expect(s.writes).toEqual([]);
  });

  it.each([
    ['gone', undefined],
    [
      'being deleted',
      aPooledFunction({ metadata: { name: 'hello', namespace: 'shop', deletionTimestamp: 'now' } }),
    ],
  ])('is deleted when the function is %s', async (_, fn) => {
    const s = stage({ fn });
    await s.take({ claims: [claim] });
    await s.take({ claims: [claim] });
    expect(s.writes).toEqual([['delete warm-1', { uid: 'uid-warm-1' }]]);
    expect(s.notes).toEqual([]);
  });

  it('is tried again with the next report when the API server fails', async () => {
    const s = stage();
    s.world.failure = new KubeError({ status: 503, reason: 'ServiceUnavailable', message: 'later' });
    await s.take({ claims: [claim] });
    s.world.failure = undefined;
    await s.take({ claims: [claim] });
    expect(s.writes.map(([verb]) => verb)).toEqual(['patch warm-1']);
    expect(s.claimed).toHaveLength(1);
  });

  it('may come back under its uid after the cache showed that it is nobody’s business any more', async () => {
    const s = stage();
    await s.take({ claims: [claim] });
    s.world.pod = aBorrowedPod('r1');
    await s.take({});
    s.world.pod = aWarmPod();
    await s.take({ claims: [claim] });
    expect(s.writes).toHaveLength(2);
  });
});

describe('a pod that refuses claims', () => {
  it('is deleted when nobody has claimed it for five seconds', async () => {
    const s = stage();
    await s.take({ strays: [stray] });
    s.world.nowMs = 4_999;
    await s.take({ strays: [stray] });
    expect(s.writes).toEqual([]);
    s.world.nowMs = 5_000;
    await s.take({ strays: [stray] });
    await s.take({ strays: [stray] });
    expect(s.writes).toEqual([['delete warm-1', { uid: 'uid-warm-1' }]]);
  });

  it('is the function’s when its gateway tells in time, and counts anew after a pause', async () => {
    const s = stage();
    await s.take({ strays: [stray] });
    s.world.nowMs = 5_000;
    await s.take({ strays: [stray], claims: [claim] });
    expect(s.writes.map(([verb]) => verb)).toEqual(['patch warm-1']);
    const other = stage();
    await other.take({ strays: [stray] });
    await other.take({});
    other.world.nowMs = 5_000;
    await other.take({ strays: [stray] });
    expect(other.writes).toEqual([]);
  });

  it('is left alone when it is a function’s by now', async () => {
    const s = stage({ pod: aBorrowedPod('r1') });
    await s.take({ strays: [stray] });
    s.world.nowMs = 60_000;
    await s.take({ strays: [stray] });
    expect(s.writes).toEqual([]);
  });
});
