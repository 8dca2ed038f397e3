import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { append, appendToMaximum, maximum, mean, type Window } from './window.ts';

describe('mean', () => {
  const window = [1, 2, 3].reduce<Window>(
    (kept, value) => append(kept, { atMs: value * 1000, value }, 10_000),
    [],
  );

  it('takes what is younger than the span', () => {
    expect(mean(window, 3000, 10_000)).toBe(2);
    expect(mean(window, 3000, 2000)).toBe(2.5);
    expect(mean(window, 20_000, 10_000)).toBeUndefined();
  });
});

it('drops what is too old when something is added', () => {
  const window = append([{ atMs: 0, value: 9 }], { atMs: 5000, value: 1 }, 5000);
  expect(window).toEqual([{ atMs: 5000, value: 1 }]);
});

describe('maximum', () => {
  it('agrees with looking at every value, in space bounded by the distinct values', () => {
    const values = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 50 }), (all, span) => {
        let window: Window = [];
        all.forEach((value, atMs) => {
          window = appendToMaximum(window, { atMs, value }, span);
          expect(maximum(window, atMs, span)).toBe(
            Math.max(...all.slice(Math.max(0, atMs - span + 1), atMs + 1)),
          );
          expect(window.length).toBeLessThanOrEqual(6);
        });
      }),
    );
  });

  it('is 0 of nothing', () => {
    expect(maximum([{ atMs: 0, value: 3 }], 1000, 1000)).toBe(0);
  });
});
