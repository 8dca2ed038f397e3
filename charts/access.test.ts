import { readFileSync } from 'node:fs';
import type { Service } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import { type Manifest, pick, render, templateOf } from './testing/render.ts';

const read = (relative: string) => readFileSync(new URL(relative, import.meta.url), 'utf8');

describe('access', () => {
  interface Rule {
    apiGroups: string[];
    resources: string[];
    verbs: string[];
    resourceNames?: string[];
  }
  const rulesOf = (manifest: Manifest) =>
    Object.fromEntries(
      (manifest.rules as Rule[]).map(({ apiGroups, resources, verbs, resourceNames }) => [
        [...apiGroups, ...resources, ...(resourceNames ?? [])].join('/'),
        verbs.join(' '),
      ]),
    );

  it('of the operator is exactly this', async () => {
    const manifests = await render();
    expect(rulesOf(pick(manifests, 'ClusterRole', '-operator'))).toEqual({
      'catnap.dev/functions': 'get list watch',
      'catnap.dev/functions/status': 'patch',
      'catnap.dev/functions/finalizers': 'update',
      'apps/deployments': 'get list watch create patch',
      'apps/deployments/scale': 'get patch',
      'apps/replicasets': 'list',
      '/configmaps': 'get list watch create patch delete',
      '/pods': 'get list watch delete',
      'events.k8s.io/events': 'create patch',
    });
    expect(rulesOf(pick(manifests, 'Role'))).toEqual({
      'coordination.k8s.io/leases': 'create',
      'coordination.k8s.io/leases/catnap-operator': 'get update',
    });
  });

  it('of the gateway is exactly this', async () => {
    expect(rulesOf(pick(await render(), 'ClusterRole', '-gateway'))).toEqual({
      'catnap.dev/functions': 'get list watch',
      '/pods': 'get list watch',
      'apps/deployments/scale': 'get patch',
    });
  });

  it('reaches neither Secrets nor everything, for nobody', async () => {
    const roles = (await render()).filter(({ kind }) => kind.endsWith('Role'));
    expect(roles.length).toBe(5);
    const text = JSON.stringify(roles.map(({ rules }) => rules));
    expect(text).not.toContain('secrets');
    expect(text).not.toContain('"*"');
    expect(text).not.toMatch(/escalate|impersonate|"bind"/);
  });

  it('is bound to the accounts that the pods run under', async () => {
    const manifests = await render();
    for (const component of ['operator', 'gateway']) {
      const account = templateOf(pick(manifests, 'Deployment', component)).spec?.serviceAccountName;
      const binding = pick(manifests, 'ClusterRoleBinding', component);
      expect(binding.subjects).toEqual([
        { kind: 'ServiceAccount', name: account, namespace: 'catnap-system' },
      ]);
      expect(pick(manifests, 'ServiceAccount', component).metadata.name).toBe(account);
    }
    expect(templateOf(pick(manifests, 'StatefulSet')).spec?.automountServiceAccountToken).toBe(false);
  });

  it('names the Lease that the operator uses', () => {
    expect(read('../operator/operator.ts')).toContain("LEASE_NAME = 'catnap-operator'");
  });
});

describe('the network', () => {
  it('shows callers the gateway, never its control port', async () => {
    const service = pick<Service>(await render(), 'Service', '-gateway');
    expect(service.spec?.ports?.map(({ targetPort }) => targetPort)).toEqual(['http']);
  });

  it('is closed by policies: Redis to its two clients, announcements to function pods, control and metrics to those named', async () => {
    const policies = await render(['networkPolicies={"enabled":true}']);
    const functionPods = { matchExpressions: [{ key: 'catnap.dev/function', operator: 'Exists' }] };
    const announcements = {
      from: [{ namespaceSelector: {}, podSelector: functionPods }],
      ports: [{ port: 'announce' }],
    };
    const ingressOf = (suffix: string) =>
      (pick(policies, 'NetworkPolicy', suffix).spec as { ingress: { from?: unknown[]; ports: unknown[] }[] })
        .ingress;
    expect(ingressOf('-operator')).toEqual([]);
    expect(ingressOf('-gateway')).toEqual([{ ports: [{ port: 'http' }] }, announcements]);
    expect(ingressOf('-redis')[0]?.from).toHaveLength(2);
    const open = await render(['networkPolicies={"enabled":true,"metricsFrom":[{"namespaceSelector":{}}]}']);
    const gateway = pick(open, 'NetworkPolicy', '-gateway').spec as { ingress: object[] };
    expect(gateway.ingress[2]).toEqual({ from: [{ namespaceSelector: {} }], ports: [{ port: 'control' }] });
  });
});
