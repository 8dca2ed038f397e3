/** What is to be done about a pool: pure. */
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { exitCodes } from '#crds/wire/environment.ts';
import { labels, MANAGED_BY } from '#crds/wire/names.ts';
import { isContained } from '../function/drift.ts';
import { functionContainer, lastEnd, podState } from '../function/pod-state.ts';
import { APPLIED_HASH } from '../function/resources/deployment.ts';

export interface PoolSituation {
  pool: string;
  /** Undefined when no function fits, or there are no warm pods at all. */
  desired: Deployment | undefined;
  /** Some function's status sends calls to it. */
  isUsed: boolean;
  /** The object under the Deployment's name, whoever it belongs to. */
  live: Deployment | undefined;
}

export type PoolDecision =
  | 'none'
  | 'apply'
  | 'delete'
  /** The name is taken by somebody else's Deployment, which stays as it is. */
  | 'leave to its owner';

export function decidePool({ pool, desired, isUsed, live }: PoolSituation): PoolDecision {
  // It outlives a time in which functions cannot use it, such as an outage of Redis.
  const isWanted = desired !== undefined && (isUsed || live !== undefined);
  if (!live) return isWanted ? 'apply' : 'none';
  if (!isOurs(live, pool)) return isWanted ? 'leave to its owner' : 'none';
  if (live.metadata?.deletionTimestamp) return 'none';
  if (!isWanted) return 'delete';
  return isUpToDate(desired, live) ? 'none' : 'apply';
}

/**
 * A warm pod whose container ended because code did not load: it has been claimed, and is nobody's. As a rule
 * the gateway that claimed it says so, and it goes another way; `sinceMs` is how long it has had for that.
 */
export function spentSinceMs(pod: Pod, nowMs: number): number | undefined {
  const container = functionContainer(pod);
  const ended = container && lastEnd(container);
  if (ended?.exitCode !== exitCodes.loadFailed || podState(pod).kind === 'leaving') return undefined;
  return nowMs - (Date.parse(String(ended.finishedAt ?? '')) || 0);
}

function isOurs({ metadata }: Deployment, pool: string): boolean {
  return metadata?.labels?.[labels.pool] === pool && metadata.labels[labels.managedBy] === MANAGED_BY;
}

function isUpToDate(desired: Deployment, live: Deployment): boolean {
  const hash = (deployment: Deployment) => deployment.metadata?.annotations?.[APPLIED_HASH];
  return hash(desired) === hash(live) && isContained(desired, { ...desired, ...live });
}
