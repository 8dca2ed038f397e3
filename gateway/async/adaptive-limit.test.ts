import { beforeEach, describe, expect, it } from 'vitest';
import { AdaptiveLimit } from './adaptive-limit.ts';

let now = 0;
let limit: AdaptiveLimit;
beforeEach(() => {
  now = 1_000;
  limit = new AdaptiveLimit(() => now);
});

const throttle = (inFlight: number, retryAfterMs?: number) => {
  now += 1;
  limit.throttled(now, inFlight, retryAfterMs);
};

describe('AdaptiveLimit', () => {
  it('allows all that there may be until something speaks against it', () => {
    expect(limit.limit(40)).toBe(40);
    expect(limit.isOpen).toBe(true);
  });

  it('halves what ran when the function had too much', () => {
    throttle(40);
    expect(limit.limit(100)).toBe(20);
    throttle(20);
    expect(limit.limit(100)).toBe(10);
  });

  it('counts a burst of refusals once', () => {
    const startedAt = now;
    throttle(40);
    for (let i = 0; i < 39; i++) limit.throttled(startedAt, 40, undefined);
    expect(limit.limit(100)).toBe(20);
  });

  it('grows by one for each window of successes, up to all', () => {
    throttle(8);
    for (let i = 0; i < 5; i++) limit.succeeded(100);
    expect(limit.limit(100)).toBe(5);
    for (let i = 0; i < 100; i++) limit.succeeded(6);
    expect(limit.limit(6)).toBe(6);
    expect(limit.isOpen).toBe(true);
  });

  it('pauses ever longer when not even one at a time is taken, and not after a success', () => {
    throttle(1);
    expect(limit.pausedForMs).toBe(100);
    expect(limit.limit(10)).toBe(0);
    now += 100;
    expect(limit.limit(10)).toBe(1);
    throttle(1);
    expect(limit.pausedForMs).toBe(200);
    for (let i = 0; i < 20; i++) {
      now += 60_000;
      throttle(1);
    }
    expect(limit.pausedForMs).toBe(30_000);
    limit.succeeded(10);
    expect(limit.limit(10)).toBe(2);
  });

  it('heeds Retry-After when one at a time is too much, within bounds', () => {
    throttle(1, 5_000);
    expect(limit.pausedForMs).toBe(5_000);
    now += 5_000;
    throttle(1, 3_600_000);
    expect(limit.pausedForMs).toBe(30_000);
  });
});
