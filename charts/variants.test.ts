import type { Service } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import { lint, render, templateOf, workloads } from './testing/render.ts';

/** Settings as users have them; every one must lint, render and stay restricted. */
const variants: Record<string, string[]> = {
  defaults: [],
  'an external Redis': ['redis.enabled=false', 'redis.externalUrl="rediss://redis.example:6380"'],
  'a Redis from a Secret': ['redis.enabled=false', 'redis.existingSecret={"name":"my-redis"}'],
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
    'networkPolicies={"enabled":true,"metricsFrom":[{"namespaceSelector":{}}]}',
    'metrics.podMonitor={"enabled":true,"labels":{"release":"prometheus"}}',
    'encryption.existingSecret={"name":"my-key","key":"k"}',
  ],
  'everything off': [
    'crds.enabled=false',
    'rbac.aggregate=false',
    'operator={"replicas":1,"podDisruptionBudget":{"enabled":false}}',
    'gateway={"replicas":1,"podDisruptionBudget":{"enabled":false}}',
    'redis.persistence.enabled=false',
  ],
};

describe.each(Object.entries(variants))('with %s', (_name, settings) => {
  it('lints without a warning', async () => {
    expect(await lint(settings)).toContain('0 chart(s) failed');
  });

  it('has only workloads that the restricted pod security standard admits, without writable root', async () => {
    const all = workloads(await render(settings));
    expect(all.length).toBeGreaterThanOrEqual(2);
    for (const workload of all) {
      const { spec } = templateOf(workload);
      expect(spec?.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(spec).not.toMatchObject({ hostNetwork: true });
      expect(spec?.enableServiceLinks).toBe(false);
      expect((spec?.volumes ?? []).every((volume) => !('hostPath' in volume))).toBe(true);
      for (const container of [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.livenessProbe).toBeDefined();
        expect(container.readinessProbe).toBeDefined();
        expect(container.resources?.requests).toBeDefined();
        expect(container.resources?.limits?.memory).toBeDefined();
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
      expect(templateOf(workload).metadata?.labels).toMatchObject(selector);
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
