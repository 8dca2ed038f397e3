import { describe, expect, it, onTestFinished } from 'vitest';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { silentLog } from '#kube/log.ts';
import { createFakeClock } from '#kube/testing/fake-clock.ts';
import type { Change } from '#kube/watcher.ts';
import { aFunction } from '../function/fixtures.ts';
import { keepSealed } from './keeper.ts';

const launchedBy = (digest: string | undefined, name = 'hello'): CatnapFunction =>
  aFunction({
    metadata: { name, namespace: 'shop' },
    status: digest ? { launch: { pool: 'p', digest } } : {},
  });

/** A Redis that holds digests, and functions that name some. */
async function stage(start: { kept: string[]; functions: CatnapFunction[]; ready?: boolean }) {
  const clock = createFakeClock();
  const kept = new Set(start.kept);
  const expiring = new Set<string>();
  const current = new Set<string>();
  const lost: string[] = [];
  const waiting: string[] = [];
  const queued: string[] = [];
  let functions = start.functions;
  let changed = (_change: Change<CatnapFunction>) => {};
  let becameReady = () => {};
  const store = {
    ready: start.ready ?? true,
    failure: undefined as Error | undefined,
    async retire(digests: readonly string[]) {
      if (store.failure) throw store.failure;
      for (const digest of digests) expiring.add(digest);
    },
    missing: async (digests: readonly string[]) => digests.filter((digest) => !kept.has(digest)),
    async *all() {
      yield [...kept];
    },
    onReady: (handler: () => void) => {
      becameReady = handler;
    },
  };
  const stop = new AbortController();
  const running = keepSealed(
    {
      what: 'launch specs',
      digestOf: ({ status }) => status?.launch?.digest,
      store,
      maker: { lost: (digest) => void lost.push(digest), current: () => current, waiting: () => waiting },
      functions: {
        list: () => functions,
        onChange: (handler) => {
          changed = handler;
          return () => {};
        },
      },
      enqueue: (key) => void queued.push(key),
      log: silentLog,
      clock,
    },
    stop.signal,
  );
  onTestFinished(async () => {
    stop.abort();
    await running;
  });
  await clock.advance(0);
  return {
    store,
    kept,
    expiring,
    current,
    lost,
    waiting,
    queued,
    clock,
    async connect() {
      store.ready = true;
      becameReady();
      await clock.advance(0);
    },
    change(previous: CatnapFunction, next: CatnapFunction | undefined) {
      functions = [...functions.filter((fn) => fn !== previous), ...(next ? [next] : [])];
      changed({ key: 'shop/hello', previous, ...(next ? { current: next } : {}) });
    },
  };
}

describe('the keeper of sealed things', () => {
  it('lets those expire that an earlier leader left', async () => {
    const s = await stage({ kept: ['a', 'orphan'], functions: [launchedBy('a')] });
    expect([...s.expiring]).toEqual(['orphan']);
    expect(s.queued).toEqual([]);
  });

  it.each([
    ['another one takes its place', launchedBy('b')],
    ['the function goes without', launchedBy(undefined)],
    ['the function is gone', undefined],
  ])('lets one expire when %s', async (_, next) => {
    const before = launchedBy('a');
    const s = await stage({ kept: ['a', 'b'], functions: [before, launchedBy('b', 'other')] });
    s.change(before, next);
    await s.clock.advance(60_000);
    expect([...s.expiring]).toEqual(['a']);
  });

  it('keeps one that is named again, or about to be', async () => {
    const [before, between] = [launchedBy('a'), launchedBy(undefined)];
    const s = await stage({ kept: ['a'], functions: [before] });
    s.change(before, between);
    s.current.add('a');
    await s.clock.advance(60_000);
    expect([...s.expiring]).toEqual([]);
    s.current.clear();
    s.change(between, launchedBy('a'));
    await s.clock.advance(60_000);
    expect([...s.expiring]).toEqual([]);
  });

  it('has lost ones written again, at the next look or when Redis is back', async () => {
    const s = await stage({ kept: ['a'], functions: [launchedBy('a')] });
    s.kept.clear();
    await s.clock.advance(59_000);
    expect(s.queued).toEqual([]);
    await s.clock.advance(1_000);
    expect([s.lost, s.queued]).toEqual([['a'], ['shop/hello']]);
    await s.connect();
    expect(s.queued).toHaveLength(2);
  });

  it('has those looked at that waited for Redis', async () => {
    const s = await stage({ kept: [], functions: [launchedBy(undefined)], ready: false });
    s.waiting.push('shop/hello');
    await s.clock.advance(120_000);
    expect(s.queued).toEqual([]);
    await s.connect();
    expect(s.queued).toEqual(['shop/hello']);
  });

  it('tries again what failed', async () => {
    const before = launchedBy('a');
    const s = await stage({ kept: ['a'], functions: [before] });
    s.change(before, undefined);
    s.store.failure = new Error('Command timed out');
    await s.clock.advance(60_000);
    expect([...s.expiring]).toEqual([]);
    s.store.failure = undefined;
    await s.clock.advance(60_000);
    expect([...s.expiring]).toEqual(['a']);
  });
});
