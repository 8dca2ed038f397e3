import { expect, it } from 'vitest';
import { victim } from './victim.ts';

const isolate = (lastUsedAt: number, isBusy = false) => ({
  lastUsedAt,
  isIdle: (forMs: number, now: number) => !isBusy && now - lastUsedAt >= forMs,
});

it('is the one that was used least recently', () => {
  const [newer, older] = [isolate(2_000), isolate(1_000)];
  expect(victim([newer, older], 10_000)).toBe(older);
});

it('is none that runs a call or did a moment ago', () => {
  expect(victim([isolate(1_000, true), isolate(9_500)], 10_000)).toBeUndefined();
  expect(victim([], 10_000)).toBeUndefined();
});
