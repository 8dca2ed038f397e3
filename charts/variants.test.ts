import type { PodSpec, Service } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import { lint, podSpecs, render, templateOf, workloads } from './testing/render.ts';

/** Settings as users have them; every one must lint, render and stay restricted. */
const variants: Record<string, string[]> = {
  defaults: [],
  'an external Redis': ['redis.enabled=false', 'redis.externalUrl="rediss://redis.example:6380"'],
  'a Redis from a Secret': ['redis.enabled=false', 'redis.existingSecret={"name":"my-redis"}'],
  'a Redis behind Sentinels': [
    'redis.enabled=false',
    'redis.sentinel={"nodes":["a:26379"],"tls":true,"passwordSecret":{"name":"s"}}',
    'redis.passwordSecret.name="p"',
    'redis.tls.caSecret.name="ca"',
  ],
  'a PodMonitor': ['metrics.podMonitor.enabled=true', 'networkPolicies.enabled=false'],
  'all options': [
    'image={"registry":"registry.example/team/","pullSecrets":["pull"],"tag":"9.9.9"}',
    'commonLabels={"team":"platform"}',
    'gateway.service={"type":"LoadBalancer","annotations":{"a":"b"}}',
    'gateway.ingress={"enabled":true,"host":"fn.example","tlsSecret":"tls","className":"nginx"}',
    'gateway.podAnnotations={"x":"y"}',
    'gateway.podLabels={"l":"m"}',
    'operator.tolerations=[{"key":"k","operator":"Exists"}]',
    'operator.nodeSelector={"disk":"ssd"}',
    'operator.affinity={"nodeAffinity":{}}',
    'operator.priorityClassName="high"',
    'redis.persistence={"size":"10Gi","storageClass":"fast"}',
    'redis.podLabels={"l":"m"}',
    'gateway.httpRoute={"enabled":true,"parentRefs":[{"name":"g","namespace":"gw"}],"hostnames":["fn.example"]}',
    'networkPolicies={"enabled":true,"metricsFrom":[{"namespaceSelector":{}}]}',
    'metrics.serviceMonitor={"enabled":true,"labels":{"release":"prometheus"}}',
    'metrics.prometheusRule={"enabled":true,"runbookUrl":"https://runbooks.example/catnap"}',
    'metrics.dashboard={"enabled":true,"annotations":{"folder":"Catnap"}}',
    'encryption.existingSecret={"name":"my-key","key":"k"}',
  ],
  'everything off': [
    'crds.enabled=false',
    'rbac.aggregate=false',
    'operator={"replicas":1,"podDisruptionBudget":{"enabled":false}}',
    'gateway={"replicas":1,"podDisruptionBudget":{"enabled":false}}',
    'redis.persistence.enabled=false',
    'networkPolicies.enabled=false',
    'functions={"networkPolicy":{"enabled":false},"announcements":{"enabled":false},"pools":{"maxSize":0},"triggers":{"secrets":false}}',
  ],
};

describe.each(Object.entries(variants))('with %s', (_name, settings) => {
  it('lints without a warning', async () => {
    expect(await lint(settings)).toContain('0 chart(s) failed');
  });

  it('has only pods that the restricted pod security standard admits, without writable root', async () => {
    const manifests = await render(settings);
    const specs = podSpecs(manifests);
    expect(specs.length).toBeGreaterThanOrEqual(3);
    for (const spec of specs) expectRestricted(spec);
    for (const workload of workloads(manifests)) {
      for (const container of templateOf(workload).spec?.containers ?? []) {
        expect(container.startupProbe).toBeDefined();
        expect(container.livenessProbe).toBeDefined();
        expect(container.readinessProbe).toBeDefined();
      }
    }
  });

  it('selects pods by labels that never change and that the pods have', async () => {
    const manifests = await render(settings);
    for (const workload of workloads(manifests)) {
      const selector = workload.spec?.selector.matchLabels ?? {};
      expect(Object.keys(selector).sort()).toEqual([
        'app.kubernetes.io/component',
        'app.kubernetes.io/instance',
        'app.kubernetes.io/name',
      ]);
      const labels = templateOf(workload).metadata?.labels;
      expect(labels).toMatchObject(selector);
      // A version among them would replace Redis, too, with each release of the chart.
      expect(Object.keys(labels ?? {}).filter((name) => /chart|version/.test(name))).toEqual([]);
    }
    const podLabels = workloads(manifests).map((workload) => templateOf(workload).metadata?.labels ?? {});
    const services = manifests.filter(({ kind }) => kind === 'Service') as unknown as Service[];
    for (const { spec } of services) {
      const chosen = podLabels.filter((labels) =>
        Object.entries(spec?.selector ?? {}).every(([key, value]) => labels[key] === value),
      );
      expect(chosen).toHaveLength(1);
    }
  });
});

function expectRestricted(spec: PodSpec): void {
  expect(spec.securityContext).toMatchObject({
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  });
  expect(spec.securityContext?.runAsUser).toBeGreaterThan(0);
  for (const shared of ['hostNetwork', 'hostPID', 'hostIPC']) expect(spec).not.toHaveProperty(shared);
  expect(spec.enableServiceLinks).toBe(false);
  expect((spec.volumes ?? []).every((volume) => !('hostPath' in volume))).toBe(true);
  for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.resources?.requests).toBeDefined();
    expect(container.resources?.limits?.memory).toBeDefined();
  }
}
