/** What each service account of the chart may do, by default, and nothing else. */

export interface Access {
  /** `namespace` is the release's own. */
  where: 'cluster' | 'namespace';
  /** API group; empty for the core. */
  group: string;
  resource: string;
  /** Only objects of this name. */
  name?: string;
  /** Separated by blanks. */
  verbs: string;
}

export type Account = 'operator' | 'gateway';

/** Under the name of their component: the account is `<release's full name>-<component>`. All other pods have no token. */
export const expectedAccess: Record<Account, Access[]> = {
  operator: [
    { where: 'cluster', group: 'catnap.dev', resource: 'functions', verbs: 'get list watch' },
    { where: 'cluster', group: 'catnap.dev', resource: 'functions/status', verbs: 'patch' },
    { where: 'cluster', group: 'catnap.dev', resource: 'functions/finalizers', verbs: 'update' },
    { where: 'cluster', group: 'apps', resource: 'deployments', verbs: 'get list watch create patch delete' },
    { where: 'cluster', group: 'apps', resource: 'deployments/scale', verbs: 'get patch' },
    { where: 'cluster', group: 'apps', resource: 'replicasets', verbs: 'list' },
    { where: 'cluster', group: '', resource: 'configmaps', verbs: 'get list watch create patch delete' },
    { where: 'cluster', group: '', resource: 'secrets', verbs: 'get' },
    { where: 'cluster', group: '', resource: 'pods', verbs: 'list watch patch delete' },
    { where: 'cluster', group: 'events.k8s.io', resource: 'events', verbs: 'create patch' },
    {
      where: 'cluster',
      group: 'networking.k8s.io',
      resource: 'networkpolicies',
      name: 'catnap-functions',
      verbs: 'get list watch create patch delete',
    },
    { where: 'namespace', group: 'coordination.k8s.io', resource: 'leases', verbs: 'create' },
    {
      where: 'namespace',
      group: 'coordination.k8s.io',
      resource: 'leases',
      name: 'catnap-operator',
      verbs: 'get update',
    },
  ],
  gateway: [
    { where: 'cluster', group: 'catnap.dev', resource: 'functions', verbs: 'list watch' },
    { where: 'cluster', group: '', resource: 'pods', verbs: 'list watch' },
    { where: 'cluster', group: 'apps', resource: 'deployments/scale', verbs: 'get patch' },
  ],
};

/**
 * The operator's with `functions.pools.maxSize=0` and `functions.triggers.secrets=false`: Secrets are handed neither
 * to warm pods nor to gateways, so none is read.
 */
export const expectedWithoutSecrets: Access[] = expectedAccess.operator.filter(
  ({ resource }) => resource !== 'secrets',
);

/** The operator's with `functions.networkPolicy.enabled=false`: policies of an earlier setting are removed, none made. */
export const expectedWithoutFunctionPolicies: Access[] = expectedAccess.operator.map((access) =>
  access.resource === 'networkpolicies' ? { ...access, verbs: 'get list watch delete' } : access,
);
