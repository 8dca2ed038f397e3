import { it } from 'vitest';
import { proveNothingIsLost } from '#test/integration/gateway/crashes/proof.ts';

/**
 * With `everysec` Redis has written what it acknowledges (write(2)), and the kernel keeps that when the process dies. Only
 * what becomes of a machine that dies is another matter, and not to be had in a test: see docs/async.md.
 */
it.each(['always', 'everysec'] as const)(
  'gateways, pods and Redis are killed amid 10,000 calls, appendfsync %s: none is lost',
  async (appendfsync) => {
    const kills = ['gateway', 'redis', 'pod', 'gateway', 'pod', 'redis'] as const;
    const figures = await proveNothingIsLost({ appendfsync, calls: 10_000, kills });
    process.stdout.write(`appendfsync ${appendfsync}, in flight at the kills: ${figures}\n`);
  },
);
