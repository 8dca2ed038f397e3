import { describe, expect, it } from 'vitest';
import { isBlocked } from './blocked.ts';

const timeoutMs = 30_000;

describe('isBlocked', () => {
  it.each([
    ['a loop that turns', { silentMs: 400, oldestAgeMs: 90_000 }, false],
    ['a pause, even behind an overdue call', { silentMs: 999, oldestAgeMs: 90_000 }, false],
    ['a block within the time of its call', { silentMs: 29_000, oldestAgeMs: 1_000 }, false],
    ['a block beyond the time of its call', { silentMs: 29_600, oldestAgeMs: 1_000 }, true],
    ['a block that began after the 504', { silentMs: 1_100, oldestAgeMs: 45_000 }, true],
    ['a call that began after the last beat and has time left', { silentMs: 30_900, oldestAgeMs: -1 }, false],
    ['a call that began after the last beat', { silentMs: 31_100, oldestAgeMs: -1 }, true],
  ])('%s', (_, observation, expected) => {
    expect(isBlocked({ ...observation, timeoutMs })).toBe(expected);
  });
});
