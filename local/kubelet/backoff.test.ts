import { describe, expect, it } from 'vitest';
import { type Backoff, formatDelay, nextBackoff, restartAt } from './backoff.ts';

describe('the restart back-off', () => {
  it('lets the first restart through, then waits 10 s doubling to 5 min', () => {
    let backoff: Backoff | undefined;
    let now = 0;
    const waits: number[] = [];
    for (let crash = 0; crash < 8; crash++) {
      const at = restartAt(backoff, now);
      waits.push((at - now) / 1_000);
      now = at;
      backoff = nextBackoff(backoff, now);
    }
    expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
  });

  it('is forgotten after ten minutes', () => {
    const old = { delayMs: 300_000, updatedAtMs: 0 };
    expect(restartAt(old, 600_000)).toBe(900_000);
    expect(restartAt(old, 600_001)).toBe(600_001);
    expect(nextBackoff(old, 600_001).delayMs).toBe(10_000);
  });

  it('is told as kubectl users know it', () => {
    expect([10_000, 160_000, 300_000].map(formatDelay)).toEqual(['10s', '2m40s', '5m0s']);
  });
});
