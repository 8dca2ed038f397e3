import { describe, expect, inject, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { inline } from './support/function.ts';
import { seriesOf } from './support/metrics.ts';
import { useNamespace } from './support/namespace.ts';

const { cluster, controlUrl } = inject('platform');

// A gateway's control port is not for callers, so it may be out of reach.
describe.skipIf(cluster === 'current' && !controlUrl)('metrics', () => {
  const space = useNamespace('metrics');

  it('of a function appear with it, count its calls, and vanish with it', async () => {
    const test = space();
    await test.deploy(
      'counted',
      inline("export const handler = () => 'ok';", { scaling: { idleSeconds: 2 } }),
    );
    await test.untilAsleep('counted');
    for (let calls = 0; calls < 3; calls++) expect((await test.call('counted')).status).toBe(200);
    const found = await seriesOf(test, 'counted');
    expect(found.get('faas_invocations_total')).toBe(3);
    expect(found.get('faas_coldstarts_total')).toBe(1);
    expect(found.get('http_server_request_duration_seconds_count')).toBe(3);
    await test.run('delete', 'fn', 'counted');
    await waitFor(async () => (await seriesOf(test, 'counted')).size === 0, {
      timeoutMs: 10_000,
      describe: 'no series',
    });
  });
});
