import { describe, expect, it } from 'vitest';
import { containerOf, envOf, pick, render, workloads } from './testing/render.ts';

const MI = 1024 ** 2;
const UNITS: Record<string, number> = { m: 0.001, '': 1, Ki: 1024, Mi: MI, Gi: 1024 ** 3, mb: MI };

function amount(quantity: string | number | undefined): number {
  const [, number, unit] = /^([0-9.]+)([a-zA-Z]*)$/.exec(String(quantity)) ?? [];
  const factor = UNITS[unit ?? '?'];
  if (factor === undefined) throw new Error(`"${quantity}" is no known quantity`);
  return Number(number) * factor;
}

describe('resources', () => {
  it('asked for by all pods together fit a node with 1 CPU and 1 GB', async () => {
    let [cpu, memory] = [0, 0];
    for (const workload of workloads(await render())) {
      const requests = containerOf(workload)?.resources?.requests;
      const replicas = workload.spec?.replicas ?? 1;
      cpu += replicas * amount(requests?.cpu);
      memory += replicas * amount(requests?.memory);
    }
    // More than idle pods use: it is the platform's share of a node on which many pods start at once.
    expect(cpu).toBeCloseTo(0.55);
    expect(cpu).toBeLessThanOrEqual(0.6);
    expect(memory / MI).toBe(288);
    expect(memory / MI).toBeLessThanOrEqual(300);
  });

  it('are limited well above what was measured: 440 MiB with 10,000 functions, 150 MiB of a busy gateway', async () => {
    const manifests = await render();
    const limit = (component: string) =>
      amount(containerOf(pick(manifests, 'Deployment', component))?.resources?.limits?.memory) / MI;
    expect(limit('operator')).toBeGreaterThanOrEqual(440 * 1.3);
    expect(limit('gateway')).toBeGreaterThanOrEqual(150 * 1.3);
    // No limit on CPU: throttling would add to every call.
    for (const workload of workloads(manifests)) {
      expect(containerOf(workload)?.resources?.limits).not.toHaveProperty('cpu');
    }
    expect(envOf(pick(manifests, 'Deployment', 'operator')).NODE_OPTIONS).toContain('percentage');
  });

  it('leave Redis room beyond its data, for rewriting the file', async () => {
    const manifests = await render();
    const { stringData } = pick<{ stringData: Record<string, string> }>(manifests, 'Secret', '-redis');
    const data = amount(/^maxmemory (\S+)$/m.exec(stringData['redis.conf'] ?? '')?.[1]);
    const limit = amount(containerOf(pick(manifests, 'StatefulSet'))?.resources?.limits?.memory);
    expect(limit).toBeGreaterThanOrEqual(2 * data);
  });
});
