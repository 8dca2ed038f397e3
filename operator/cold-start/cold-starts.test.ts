import { describe, expect, it } from 'vitest';
import type { ColdStart } from '#crds/wire/samples.ts';
import { aFunction } from '../function/fixtures.ts';
import { createColdStarts } from './cold-starts.ts';

const KEY = 'shop/hello';
const START = Date.parse('2026-01-01T00:00:00Z');

/** One function, whose status is written as soon as that is asked for and due. */
function stage() {
  let elapsedMs = 0;
  const world = { fn: aFunction() as ReturnType<typeof aFunction> | undefined, isBroken: false };
  const asked: number[] = [];
  const writes: number[] = [];
  const coldStarts = createColdStarts({
    functionOf: () => world.fn,
    enqueue: () => void asked.push(elapsedMs),
    now: () => START + elapsedMs,
    monotonic: () => elapsedMs,
  });
  const reconcile = () => {
    const due = coldStarts.due(KEY);
    if (!due || !world.fn) return;
    world.fn = { ...world.fn, status: { ...world.fn.status, lastColdStart: due } };
    writes.push(elapsedMs);
    coldStarts.told(KEY, due);
  };
  return {
    world,
    asked,
    writes,
    coldStarts,
    reconcile,
    /** A second, and a reading at its end. */
    tick(report?: ColdStart) {
      elapsedMs += 1_000;
      const before = asked.length;
      coldStarts.take(new Map(report ? [[KEY, report]] : []));
      if (asked.length > before && !world.isBroken) reconcile();
    },
  };
}

const cold = (atMs: number, overrides: Partial<ColdStart> = {}): ColdStart => ({
  atMs: START + atMs,
  start: 'dedicated',
  queuedMs: 500.6,
  firstByteMs: 1.2,
  ...overrides,
});

describe('a cold start', () => {
  it('is told of with its parts, in whole milliseconds', () => {
    const s = stage();
    s.tick(cold(500, { start: 'pooled', queuedMs: 1.4, claimedMs: 5.4, loadedMs: 4.4, firstByteMs: 0.4 }));
    expect(s.coldStarts.due(KEY)).toEqual({
      at: '2026-01-01T00:00:00.500Z',
      start: 'pooled',
      totalMs: 12,
      queuedMs: 1,
      claimedMs: 5,
      loadedMs: 4,
      firstByteMs: 0,
    });
  });

  it('waits two seconds for a write that comes anyway', () => {
    const s = stage();
    s.tick(cold(500));
    expect(s.asked).toEqual([]);
    s.reconcile();
    expect(s.writes).toEqual([1_000]);
    for (let i = 0; i < 20; i++) s.tick(cold(500));
    expect(s.asked).toEqual([]);
    expect(s.writes).toEqual([1_000]);
  });

  it('asks for a write of its own otherwise, once, also when that fails', () => {
    const s = stage();
    s.world.isBroken = true;
    for (let i = 0; i < 20; i++) s.tick(cold(500));
    expect(s.asked).toEqual([3_000]);
    expect(s.coldStarts.due(KEY)).toMatchObject({ totalMs: 502 });
  });

  it('is written at most once in ten seconds, the last one in the end', () => {
    const s = stage();
    for (let i = 0; i < 30; i++) s.tick(cold(i * 1_000));
    expect(s.writes).toEqual([3_000, 13_000, 23_000]);
    for (let i = 0; i < 30; i++) s.tick();
    expect(s.writes).toEqual([3_000, 13_000, 23_000, 33_000]);
    expect(s.world.fn?.status?.lastColdStart?.at).toBe('2026-01-01T00:00:29.000Z');
  });

  it.each([
    ['is in the status already', cold(500), aFunction({ status: { lastColdStart: told(500) } })],
    ['is older than that', cold(400), aFunction({ status: { lastColdStart: told(500) } })],
    ['was one of an earlier function of that name', cold(-60_000), born('2026-01-01T00:00:00Z')],
    ['comes from a clock that is far ahead', cold(90_000), aFunction()],
    ['is of a function that is gone', cold(500), undefined],
  ])('is no news when it %s', (_, report, fn) => {
    const s = stage();
    s.world.fn = fn;
    for (let i = 0; i < 5; i++) s.tick(report);
    expect(s.asked).toEqual([]);
    expect(s.coldStarts.due(KEY)).toBeUndefined();
  });

  it('is not lost when it comes while an earlier one is written', () => {
    const s = stage();
    s.tick(cold(500));
    const due = s.coldStarts.due(KEY);
    s.tick(cold(1_500));
    if (due) s.coldStarts.told(KEY, due);
    for (let i = 0; i < 10; i++) s.tick();
    expect(s.world.fn?.status?.lastColdStart?.at).toBe('2026-01-01T00:00:01.500Z');
  });
});

function told(atMs: number) {
  const at = new Date(START + atMs).toISOString();
  return { at, start: 'dedicated' as const, totalMs: 502, queuedMs: 501, firstByteMs: 1 };
}

function born(creationTimestamp: string) {
  return aFunction({ metadata: { name: 'hello', namespace: 'shop', creationTimestamp } });
}
