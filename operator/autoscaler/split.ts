/**
 * Divides the replicas that a function should have between its Deployment and the pods that it took from a
 * pool. Pure. Nothing that answers calls goes before what takes its place does.
 */
import type { Pod } from 'kubernetes-types/core/v1.js';

export interface Shares {
  /** Replicas wanted of both together. */
  wanted: number;
  /** What the Deployment is scaled to. */
  deployment: number;
  /** Its pods that take calls, at the present revision. */
  ready: number;
  /** Pods from the pool, those first that should stay longest. */
  borrowed: readonly Pod[];
  /** Of `borrowed` the last ones, in whose place the Deployment was scaled before. */
  superseded: number;
  /** The Deployment is to do it alone from now on. */
  takesOver: boolean;
  /** Only a pod of the Deployment can do something, such as to verify a revision. */
  needsOwn: boolean;
}

export interface Split {
  deployment: number;
  retire: readonly Pod[];
}

export function split(shares: Shares): Split {
  const { wanted, borrowed, ready, needsOwn } = shares;
  if (wanted === 0) return { deployment: 0, retire: borrowed };
  const counting = borrowed.length - shares.superseded;
  const grows = !shares.takesOver && wanted >= shares.deployment + counting;
  const deployment = Math.max(needsOwn ? 1 : 0, ownShare(shares, grows, counting));
  const uncovered = Math.max(0, wanted - Math.min(ready, deployment));
  // Those that count are asked for beside the Deployment when it grows; otherwise only until it is ready.
  const keep = grows ? Math.max(counting, uncovered) : uncovered;
  return { deployment, retire: borrowed.slice(keep) };
}

function ownShare({ wanted, deployment, takesOver }: Shares, grows: boolean, counting: number): number {
  if (takesOver) return wanted;
  return grows ? wanted - counting : Math.min(deployment, wanted);
}
