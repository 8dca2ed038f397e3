import { expect, it } from 'vitest';
import { serverTiming } from './server-timing.ts';

const times = { arrivedAt: 100, ranAt: 112.34, answeredAt: 113 };

it('tells a wait for a pod that was there', () => {
  expect(serverTiming({ ...times, claim: undefined })).toBe('queue;dur=12.3, function;dur=0.7');
});

it('tells of a claim only when the call waited for it', () => {
  const claim = { start: 'pooled' as const, claimMs: 9, loadMs: 4.06 };
  expect(serverTiming({ ...times, claim: { ...claim, endedAt: 112 } })).toBe(
    'queue;dur=12.3, claim;dur=9, load;dur=4.1, function;dur=0.7',
  );
  expect(serverTiming({ ...times, claim: { ...claim, endedAt: 99 } })).toBe(
    'queue;dur=12.3, function;dur=0.7',
  );
});
