/** Names that more than one part of Catnap must agree on. */

export const API_GROUP = 'catnap.dev';
export const API_VERSION = 'v1alpha1';

export const labels = {
  /** On every object that belongs to a function: the function's name. */
  function: 'catnap.dev/function',
  /** On function pods: the revision their code and settings come from. */
  revision: 'catnap.dev/revision',
  /** On warm pods that no function has claimed yet, and on what makes them: the pool's name. */
  pool: 'catnap.dev/pool',
  /** On every pod that runs, or is there to run, a function: {@link MANAGED_BY}. */
  managedBy: 'app.kubernetes.io/managed-by',
} as const;

/** The scheduling gate (KEP-3521) that warm pods are made with: they start when the operator takes it away. */
export const POOL_GATE = 'catnap.dev/pool';

export const annotations = {
  /** On a Function: "true" makes the operator leave it and its children alone. */
  paused: 'catnap.dev/paused',
} as const;

export const MANAGED_BY = 'catnap';

export const fieldManagers = {
  function: 'catnap-operator-function',
  status: 'catnap-operator-status',
  autoscaler: 'catnap-operator-autoscaler',
  networkPolicy: 'catnap-operator-network-policy',
  pool: 'catnap-operator-pool',
  triggers: 'catnap-operator-triggers',
  gateway: 'catnap-gateway',
} as const;

/** Names of namespaces, functions and triggers (RFC 1123). */
export const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** The port a function container serves HTTP on; also its `PORT`. */
export const FUNCTION_PORT = 8080;
export const FUNCTION_CONTAINER = 'function';
/** The port a warm pod takes claims on, see claim.ts. Not for callers and not for functions. */
export const CLAIM_PORT = 8081;

/**
 * The Deployment that runs a function. The CRD bounds function names to 57 characters so that the
 * prefix always fits a DNS label and no truncation, hence no collision, can happen.
 */
export function deploymentName(functionName: string): string {
  return `fn-${functionName}`;
}

/** `namespace/name`, the key of a function in queues, samples and logs. */
export function functionKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** Splits what {@link functionKey} joined. */
export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/**
 * The key of a pool where keys of functions stand as well. A function's name is a DNS label, so the two
 * never meet.
 */
export function poolKey(namespace: string, pool: string): string {
  return `${namespace}/~${pool}`;
}
