/**
 * What this gateway tells the operator about warm pods, until the pods' labels say the same: which it
 * claimed, and which refuse claims although they bear a pool's label.
 */

import { splitKey } from '#crds/wire/names.ts';
import type { Claim, Stray } from '#crds/wire/samples.ts';
import type { Pod } from '#gateway/pods/pod.ts';

/** A bound on what a sample may hold; more can only be the work of a fault. */
const MAX_ENTRIES = 1_000;
/** How soon an operator that works has a claimed pod replaced. */
const REPLACED_MS = 5_000;

export interface ClaimDetails {
  readonly functionKey: string;
  readonly poolKey: string;
  readonly revision: string;
  readonly claimMs: number;
  readonly loadMs: number;
  readonly loadFailed?: true;
  /** The function had a pod already, or a claim of another under way. */
  readonly isGrowth: boolean;
}

export class ClaimBook {
  /** By pod uid. */
  private readonly claims = new Map<string, Claim>();
  /** Which pool each of these pods still has the label of, and since when it should not, by pod uid. */
  private readonly pools = new Map<string, { poolKey: string; sinceMs: number }>();
  private readonly strays = new Map<string, Stray>();

  private readonly now: () => number;

  /** @param now monotonic, in milliseconds */
  constructor(now: () => number) {
    this.now = now;
  }

  claimed(pod: Pod, details: ClaimDetails): void {
    const { functionKey, poolKey, revision, claimMs, loadMs, loadFailed, isGrowth } = details;
    const { namespace, name } = splitKey(functionKey);
    this.strays.delete(pod.uid);
    if (this.claims.size >= MAX_ENTRIES) return;
    this.pools.set(pod.uid, { poolKey, sinceMs: this.now() });
    this.claims.set(pod.uid, {
      namespace,
      pod: pod.name,
      podUid: pod.uid,
      function: name,
      revision,
      claimMs: round(claimMs),
      loadMs: round(loadMs),
      ...(loadFailed && { loadFailed }),
      ...(isGrowth && { growth: true }),
    });
  }

  refused(pod: Pod, poolKey: string): void {
    if (this.claims.has(pod.uid) || this.strays.size >= MAX_ENTRIES) return;
    const { namespace } = splitKey(poolKey);
    this.pools.set(pod.uid, { poolKey, sinceMs: this.now() });
    this.strays.set(pod.uid, { namespace, pod: pod.name, podUid: pod.uid });
  }

  /** The pod is labelled as a function's, or gone. */
  settled(podUid: string): void {
    this.claims.delete(podUid);
    this.pools.delete(podUid);
    this.strays.delete(podUid);
  }

  /** Pods that the pool is about to have in place of those that were claimed, here or elsewhere. */
  toBeReplaced(poolKey: string): number {
    let count = 0;
    const since = this.now() - REPLACED_MS;
    for (const pool of this.pools.values()) if (pool.poolKey === poolKey && pool.sinceMs > since) count += 1;
    return count;
  }

  get isEmpty(): boolean {
    return this.claims.size === 0 && this.strays.size === 0;
  }

  /** For the sample. */
  report(): { claims?: Claim[]; strays?: Stray[] } {
    return {
      ...(this.claims.size > 0 && { claims: [...this.claims.values()] }),
      ...(this.strays.size > 0 && { strays: [...this.strays.values()] }),
    };
  }
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
