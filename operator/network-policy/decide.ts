/** What is to be done about the NetworkPolicy of a namespace: pure. */
import type { NetworkPolicy } from 'kubernetes-types/networking/v1.js';
import { fieldManagers, labels, MANAGED_BY } from '#crds/wire/names.ts';
import { canonicalJson } from '../function/canonical.ts';

export interface PolicySituation {
  /** The operator isolates functions at all. */
  enabled: boolean;
  /** The namespace has Functions. */
  hasFunctions: boolean;
  /** The namespace has pods of functions, which outlive a deleted Function for a moment. */
  hasPods: boolean;
  desired: NetworkPolicy;
  /** The object under the policy's name, whoever it belongs to. */
  live: NetworkPolicy | undefined;
}

export type PolicyDecision =
  | 'none'
  | 'apply'
  | 'delete'
  /** The name is taken by somebody else's policy, which stays as it is. */
  | 'leave to its owner';

export function decidePolicy({
  enabled,
  hasFunctions,
  hasPods,
  desired,
  live,
}: PolicySituation): PolicyDecision {
  const isWanted = enabled && (hasFunctions || (hasPods && live !== undefined));
  if (!live) return isWanted ? 'apply' : 'none';
  if (!isOurs(live)) return isWanted ? 'leave to its owner' : 'none';
  if (live.metadata?.deletionTimestamp) return 'none';
  if (!isWanted) return 'delete';
  return isAsDesired(live, desired) ? 'none' : 'apply';
}

/**
 * By its label; when somebody took that away, by who wrote it, which only objects straight from the API
 * server tell.
 */
export function isOurs({ metadata }: NetworkPolicy): boolean {
  if (metadata?.labels?.[labels.managedBy] === MANAGED_BY) return true;
  return metadata?.managedFields?.some(({ manager }) => manager === fieldManagers.networkPolicy) ?? false;
}

/** Exactly: the policy says everything itself that the API server would fill in, and a rule more opens something. */
function isAsDesired(live: NetworkPolicy, desired: NetworkPolicy): boolean {
  const hasLabel = live.metadata?.labels?.[labels.managedBy] === MANAGED_BY;
  return hasLabel && canonicalJson(live.spec) === canonicalJson(desired.spec);
}
