import { it } from 'vitest';
import { proveNothingIsLost } from './crashes/proof.ts';

/** In short; amid ten times as many calls in test/crashes. */
it('a pod, Redis and a gateway are killed amid a thousand calls: none is lost, few are repeated', () =>
  proveNothingIsLost({ appendfsync: 'always', calls: 1_000, kills: ['pod', 'redis', 'gateway'] }));
