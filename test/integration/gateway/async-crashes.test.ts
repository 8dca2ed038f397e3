import { expect, it } from 'vitest';
import { proveNothingIsLost } from './crashes/proof.ts';

/** In short; with ten times as many calls in test/crashes. */
it('a gateway, a pod and Redis are killed amid a thousand calls: none is lost, few are repeated', async () => {
  const { inFlight } = await proveNothingIsLost({
    appendfsync: 'always',
    calls: 1_000,
    kills: ['gateway', 'pod', 'redis'],
  });
  // They did have work when they were killed.
  expect(Math.min(...inFlight)).toBeGreaterThan(0);
});
