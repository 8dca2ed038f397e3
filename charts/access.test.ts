import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  expectedAccess,
  expectedWithoutFunctionPolicies,
  expectedWithoutSecrets,
} from './testing/expected-access.ts';
import { grantedAccess, singly, unboundRoles } from './testing/granted-access.ts';
import { pick, render, templateOf, workloads } from './testing/render.ts';

const read = (relative: string) => readFileSync(new URL(relative, import.meta.url), 'utf8');

describe('access', () => {
  it('of each account is exactly what is expected, and nobody else has any', async () => {
    const granted = grantedAccess(await render());
    const accounts = Object.keys(expectedAccess).map((name) => `ServiceAccount catnap-system/catnap-${name}`);
    expect(Object.keys(granted).sort()).toEqual(accounts.sort());
    for (const [component, expected] of Object.entries(expectedAccess)) {
      const present = granted[`ServiceAccount catnap-system/catnap-${component}`] ?? [];
      expect(singly(present)).toEqual(singly(expected));
    }
  });

  it('to network policies shrinks to removal when functions get none', async () => {
    const granted = grantedAccess(await render(['functions.networkPolicy.enabled=false']));
    const present = granted['ServiceAccount catnap-system/catnap-operator'] ?? [];
    expect(singly(present)).toEqual(singly(expectedWithoutFunctionPolicies));
  });

  it.each([
    [['functions.pools.maxSize=0', 'functions.triggers.secrets=false'], expectedWithoutSecrets],
    [['functions.pools.maxSize=0'], expectedAccess.operator],
    [['functions.triggers.secrets=false'], expectedAccess.operator],
  ])('to Secrets is needed for warm pods and triggers only: %s', async (settings, expected) => {
    const granted = grantedAccess(await render(settings));
    const present = granted['ServiceAccount catnap-system/catnap-operator'] ?? [];
    expect(singly(present)).toEqual(singly(expected));
  });

  it('shows a right too many and one too few', async () => {
    const [first, ...others] = expectedAccess.gateway;
    expect(singly(others)).not.toEqual(singly(expectedAccess.gateway));
    expect(
      singly([...expectedAccess.gateway, { ...(first as object), verbs: 'update' } as never]),
    ).not.toEqual(singly(expectedAccess.gateway));
  });

  it('is given to people through the roles that the cluster has for them, unless told otherwise', async () => {
    const roles = unboundRoles(await render());
    expect(roles.map(({ metadata, rules }) => [metadata.name, rules])).toEqual([
      [
        'catnap-function-edit',
        [
          {
            apiGroups: ['catnap.dev'],
            resources: ['functions'],
            verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
          },
          { apiGroups: ['catnap.dev'], resources: ['functions/scale'], verbs: ['get', 'patch', 'update'] },
        ],
      ],
      [
        'catnap-function-view',
        [
          {
            apiGroups: ['catnap.dev'],
            resources: ['functions', 'functions/status', 'functions/scale'],
            verbs: ['get', 'list', 'watch'],
          },
        ],
      ],
    ]);
    for (const { metadata } of roles) {
      const aggregations = Object.keys(metadata.labels ?? {}).filter((name) => name.startsWith('rbac.'));
      expect(aggregations.length).toBeGreaterThan(0);
    }
    expect(unboundRoles(await render(['rbac.aggregate=false']))).toEqual([]);
  });

  it('is bound to the accounts that the pods run under; other pods have no token', async () => {
    const manifests = await render();
    for (const component of ['operator', 'gateway']) {
      const { spec } = templateOf(pick(manifests, 'Deployment', component));
      const account = pick(manifests, 'ServiceAccount', component);
      expect(spec?.serviceAccountName).toBe(account.metadata.name);
      expect(spec?.automountServiceAccountToken).toBe(true);
      expect(account.automountServiceAccountToken).toBe(false);
    }
    const tokenless = workloads(manifests).filter(({ kind }) => kind !== 'Deployment');
    expect(tokenless).toHaveLength(1);
    for (const workload of tokenless) {
      expect(templateOf(workload).spec?.automountServiceAccountToken).toBe(false);
    }
    expect(pick(manifests, 'Pod').spec).toMatchObject({ automountServiceAccountToken: false });
  });

  it('is limited to names that the operator uses', () => {
    expect(read('../operator/operator.ts')).toContain("LEASE_NAME = 'catnap-operator'");
    expect(read('../operator/network-policy/policy.ts')).toContain("POLICY_NAME = 'catnap-functions'");
  });
});
