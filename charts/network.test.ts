import type { Service } from 'kubernetes-types/core/v1.js';
import type { NetworkPolicy, NetworkPolicyIngressRule } from 'kubernetes-types/networking/v1.js';
import { describe, expect, it } from 'vitest';
import { containerOf, type Manifest, pick, render, templateOf, workloads } from './testing/render.ts';

const policiesIn = (manifests: Manifest[]) =>
  manifests.filter(({ kind }) => kind === 'NetworkPolicy') as unknown as NetworkPolicy[];
const ingressOf = (manifests: Manifest[], suffix: string): NetworkPolicyIngressRule[] =>
  pick<NetworkPolicy>(manifests, 'NetworkPolicy', suffix).spec?.ingress ?? [];
const ofComponent = (component: string) => ({
  podSelector: {
    matchLabels: {
      'app.kubernetes.io/name': 'catnap',
      'app.kubernetes.io/instance': 'catnap',
      'app.kubernetes.io/component': component,
    },
  },
});
const helmTest = ofComponent('test');
const functionPods = {
  namespaceSelector: {},
  podSelector: { matchLabels: { 'app.kubernetes.io/managed-by': 'catnap' } },
};

describe('Services', () => {
  it('show callers the gateway, never its control port', async () => {
    const service = pick<Service>(await render(), 'Service', '-gateway');
    expect(service.spec?.ports?.map(({ targetPort }) => targetPort)).toEqual(['http']);
  });

  it('without an address of their own lead to metrics of every pod, draining ones too', async () => {
    const manifests = await render();
    for (const [name, port] of [
      ['operator-metrics', 8081],
      ['gateway-control', 8090],
    ] as const) {
      const { spec } = pick<Service>(manifests, 'Service', name);
      expect(spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true, ports: [{ port }] });
    }
  });
});

describe('NetworkPolicies', () => {
  it('are there by default, one for each workload, and lead to ports that its pods have', async () => {
    const manifests = await render();
    expect(policiesIn(manifests)).toHaveLength(workloads(manifests).length);
    for (const workload of workloads(manifests)) {
      const policy = policiesIn(manifests).find(({ metadata }) => metadata?.name === workload.metadata?.name);
      expect(policy?.spec?.podSelector).toEqual(workload.spec?.selector);
      expect(policy?.spec?.policyTypes).toContain('Ingress');
      const names = containerOf(workload)?.ports?.map(({ name }) => name);
      for (const { ports } of policy?.spec?.ingress ?? []) {
        expect(ports?.length).toBeGreaterThan(0);
        for (const { port } of ports ?? []) expect(names).toContain(port);
      }
    }
  });

  it('let in exactly: callers, pods of functions and pools that announce themselves, clients of Redis, helm test', async () => {
    const manifests = await render();
    expect(ingressOf(manifests, '-operator')).toEqual([{ from: [helmTest], ports: [{ port: 'metrics' }] }]);
    expect(ingressOf(manifests, '-gateway')).toEqual([
      { ports: [{ port: 'http' }] },
      { from: [functionPods], ports: [{ port: 'announce' }] },
      { from: [helmTest], ports: [{ port: 'control' }] },
    ]);
    expect(ingressOf(manifests, '-redis')).toEqual([
      { from: [ofComponent('operator'), ofComponent('gateway')], ports: [{ port: 'redis' }] },
    ]);
    expect(pick<NetworkPolicy>(manifests, 'NetworkPolicy', '-redis').spec?.egress).toEqual([]);
    expect(pick(manifests, 'Pod').metadata.labels).toMatchObject(helmTest.podSelector.matchLabels);
  });

  it('let those named read metrics, and nothing else', async () => {
    const prometheus = { namespaceSelector: { matchLabels: { name: 'monitoring' } } };
    const open = await render([`networkPolicies.metricsFrom=[${JSON.stringify(prometheus)}]`]);
    const observers = [helmTest, prometheus];
    expect(ingressOf(open, '-operator')).toEqual([{ from: observers, ports: [{ port: 'metrics' }] }]);
    expect(ingressOf(open, '-gateway')[2]).toEqual({ from: observers, ports: [{ port: 'control' }] });
    expect(ingressOf(open, '-redis')).toEqual(ingressOf(await render(), '-redis'));
  });

  it('can be left out', async () => {
    expect(policiesIn(await render(['networkPolicies.enabled=false']))).toEqual([]);
  });

  it('of functions, which the operator makes, find the gateways by their labels', async () => {
    const gateway = templateOf(pick(await render([], 'other'), 'Deployment', 'gateway'));
    expect(gateway.metadata?.labels).toMatchObject({
      'app.kubernetes.io/component': 'gateway',
      'app.kubernetes.io/part-of': 'catnap',
    });
  });
});
