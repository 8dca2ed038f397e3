import { describe, expect, it } from 'vitest';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { annotations } from '#crds/wire/names.ts';
import { reasons } from '#crds/wire/reasons.ts';
import { KubeError } from '#kube/errors.ts';
import { silentLog } from '#kube/log.ts';
import { createFreshest } from '../function/freshest.ts';
import { aReport, triggered } from './fixtures.ts';
import type { TriggerOffer } from './offers.ts';
import { createTriggerReconciler, hasTriggers, type TriggerReconcilerOptions } from './reconcile.ts';
import { createReportBook } from './report-book.ts';

const KEY = 'shop/hello';
const down = { connected: false, reason: reasons.triggerDisconnected, message: 'Down.' } as const;

/** A world of one function, whose status is what was written to it. */
function stage(fn: CatnapFunction | undefined = triggered()) {
  const world = { fn, nowMs: 100_000, offer: { digest: 'd', obstacles: new Map() } as TriggerOffer };
  const writes: CatnapFunction['status'][] = [];
  const events: string[] = [];
  const forgotten: string[] = [];
  let failure: Error | undefined;
  const monotonic = () => world.nowMs;
  const reports = createReportBook(() => true, monotonic);
  const reconcile = createTriggerReconciler({
    client: {
      async apply(_type: unknown, { status }: CatnapFunction) {
        if (failure) throw failure;
        writes.push(status);
        world.fn = world.fn && { ...world.fn, status: { ...world.fn.status, triggers: status?.triggers } };
        return world.fn;
      },
    } as unknown as TriggerReconcilerOptions['client'],
    caches: { functions: { get: () => world.fn } } as unknown as TriggerReconcilerOptions['caches'],
    written: createFreshest<CatnapFunction>(monotonic),
    offers: { offer: async () => world.offer, forget: (key) => void forgotten.push(key) },
    reports,
    recorder: { record: (_, { reason }) => void events.push(reason), stop: async () => {} },
    log: silentLog,
    now: () => 0,
    monotonic,
  });
  return {
    world,
    writes,
    events,
    forgotten,
    reports,
    run: () => reconcile(KEY),
    fail: (error: Error | undefined) => {
      failure = error;
    },
    reasons: () => writes.map((status) => status?.triggers?.list[0]?.conditions[0]?.reason),
    async say(report: ReturnType<typeof aReport>, afterMs: number) {
      world.nowMs += afterMs;
      return reports.take([report]).has(KEY) ? reconcile(KEY) : undefined;
    },
  };
}

describe('the reconciler of triggers', () => {
  it('writes a new digest, then each change, and nothing while nothing changes', async () => {
    const s = stage();
    expect(await s.run()).toEqual({ requeueAfterMs: 30_000 });
    await s.run();
    await s.say(aReport(), 3_000);
    await s.say(aReport(), 1_000);
    expect(s.reasons()).toEqual(['TriggerConnecting', 'TriggerConnected']);
    expect(s.writes.every((status) => status?.triggers?.digest === 'd')).toBe(true);
    expect(s.events).toEqual(['TriggerConnected']);
  });

  it('does not follow a connection that comes and goes faster than every 2 s', async () => {
    const s = stage();
    await s.run();
    await s.say(aReport(), 3_000);
    expect(await s.say(aReport(down), 500)).toEqual({ requeueAfterMs: 1_500 });
    s.world.nowMs += 1_500;
    await s.run();
    expect(s.reasons()).toEqual(['TriggerConnecting', 'TriggerConnected', 'TriggerDisconnected']);
  });

  it('notices by itself when reports stay out', async () => {
    const s = stage();
    await s.run();
    const after = await s.say(aReport(), 3_000);
    s.world.nowMs += after?.requeueAfterMs ?? 0;
    await s.run();
    expect(s.reasons().at(-1)).toBe('TriggerUnreported');
  });

  it('takes the status away with the last trigger', async () => {
    const s = stage();
    await s.run();
    s.world.fn = { ...triggered([]), status: s.world.fn?.status };
    s.world.offer = { digest: undefined, obstacles: new Map() };
    await s.run();
    expect(s.writes.at(-1)).toEqual({});
    expect(await s.run()).toBeUndefined();
    expect(s.forgotten).toEqual([KEY]);
  });

  it('leaves a function alone that is paused or being deleted', async () => {
    const fn = triggered();
    const paused = { ...fn.metadata, annotations: { [annotations.paused]: 'true' } };
    const deleted = { ...fn.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
    for (const metadata of [paused, deleted]) {
      const s = stage({ ...fn, metadata });
      await s.run();
      expect(s.writes).toEqual([]);
    }
  });

  it('takes a function that is gone for done, and fails at anything else', async () => {
    const s = stage();
    s.fail(new KubeError({ status: 404, reason: 'NotFound', message: 'gone' }));
    await s.run();
    s.fail(new KubeError({ status: 500, reason: 'InternalError', message: 'broken' }));
    await expect(s.run()).rejects.toThrow('broken');
    expect(s.events).toEqual([]);
  });
});

it('has nothing to do with functions that have no triggers and had none', () => {
  expect([triggered([]), undefined].some(hasTriggers)).toBe(false);
  expect(hasTriggers(triggered([], { triggers: { list: [] } }))).toBe(true);
});
