import { describe, expect, it } from 'vitest';
import { createAutoscalerMetrics } from './autoscaler/metrics.ts';
import { createMetrics } from './metrics.ts';
import { aWarmPod, POOL, POOL_KEY } from './pool/fixtures.ts';
import { createPoolMetrics } from './pool/metrics.ts';

function setUp() {
  const metrics = createMetrics({
    leaseName: 'catnap-operator',
    concurrency: { function: 8, 'network-policy': 1, pool: 1, trigger: 1 },
  });
  return {
    metrics,
    autoscaler: createAutoscalerMetrics(metrics.registry),
    pools: createPoolMetrics(metrics.registry),
    text: () => metrics.registry.metrics(),
  };
}

describe('metrics', () => {
  it('start at zero, so that rates and alerts work before the first error', async () => {
    const { text } = setUp();
    const lines = (await text()).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'controller_runtime_reconcile_total{controller="function",result="error"} 0',
        'controller_runtime_reconcile_errors_total{controller="function"} 0',
        'controller_runtime_max_concurrent_reconciles{controller="function"} 8',
        'workqueue_depth{name="function"} 0',
        'workqueue_retries_total{name="function"} 0',
        'workqueue_depth{name="network-policy"} 0',
        'controller_runtime_reconcile_errors_total{controller="network-policy"} 0',
        'leader_election_master_status{name="catnap-operator"} 0',
        'catnap_watch_events_total{kind="Pod",event="cache_miss"} 0',
        'catnap_autoscaler_scale_changes_total{why="panic"} 0',
        'catnap_autoscaler_sample_failures_total 0',
        'catnap_pool_claims_total{outcome="missed"} 0',
      ]),
    );
  });

  it('count a conflict apart from errors', async () => {
    const { metrics, text } = setUp();
    metrics.queues.function.finished?.('conflict', 0.1);
    metrics.queues.function.finished?.('terminal_error', 0.1);
    expect(await text()).toContain(
      'controller_runtime_reconcile_total{controller="function",result="conflict"} 1',
    );
    expect(await text()).toContain('controller_runtime_reconcile_errors_total{controller="function"} 1');
  });

  it('tell of each pool while this process leads', async () => {
    const { pools, text } = setUp();
    const warm = [aWarmPod('a'), aWarmPod('b', { ready: false })];
    const caches = { pods: { byIndex: () => warm } } as unknown as Parameters<typeof pools.export>[0];
    const end = pools.export(caches, () => new Map([[POOL_KEY, 3]]));
    const labels = `{namespace="shop",pool="${POOL}"}`;
    expect(await text()).toContain(`catnap_pool_size${labels} 3`);
    expect(await text()).toContain(`catnap_pool_ready_pods${labels} 1`);
    end();
    expect(await text()).not.toContain(POOL);
  });

  it('read the queue at each scrape', async () => {
    const { metrics, text } = setUp();
    metrics.queues.function.attach({
      stats: () => ({ depth: 3, running: 2, longestRunningSeconds: 1.5, unfinishedSeconds: 2.5 }),
    });
    const scraped = await text();
    expect(scraped).toContain('workqueue_depth{name="function"} 3');
    expect(scraped).toContain('workqueue_depth{name="network-policy"} 0');
    expect(scraped).toContain('controller_runtime_active_workers{controller="function"} 2');
    expect(scraped).toContain('workqueue_longest_running_processor_seconds{name="function"} 1.5');
  });
});
