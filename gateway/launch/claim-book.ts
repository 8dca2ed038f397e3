/**
 * What this gateway tells the operator about warm pods, until the pods' labels say the same: which it
 * claimed, and which refuse claims although they bear a pool's label.
 */

import { splitKey } from '#crds/wire/names.ts';
import type { Claim, Stray } from '#crds/wire/samples.ts';
import type { Pod } from '#gateway/pods/pod.ts';

/** A bound on what a sample may hold; more can only be the work of a fault. */
const MAX_ENTRIES = 1_000;

export interface ClaimDetails {
  readonly functionKey: string;
  readonly revision: string;
  readonly claimMs: number;
  readonly loadMs: number;
  readonly loadFailed?: true;
}

export class ClaimBook {
  /** By pod uid. */
  private readonly claims = new Map<string, Claim>();
  private readonly strays = new Map<string, Stray>();

  claimed(pod: Pod, { functionKey, revision, claimMs, loadMs, loadFailed }: ClaimDetails): void {
    const { namespace, name } = splitKey(functionKey);
    this.strays.delete(pod.uid);
    if (this.claims.size >= MAX_ENTRIES) return;
    this.claims.set(pod.uid, {
      namespace,
      pod: pod.name,
      podUid: pod.uid,
      function: name,
      revision,
      claimMs: round(claimMs),
      loadMs: round(loadMs),
      ...(loadFailed && { loadFailed }),
    });
  }

  refused(pod: Pod, namespace: string): void {
    if (this.claims.has(pod.uid) || this.strays.size >= MAX_ENTRIES) return;
    this.strays.set(pod.uid, { namespace, pod: pod.name, podUid: pod.uid });
  }

  /** The pod is labelled as a function's, or gone. */
  settled(podUid: string): void {
    this.claims.delete(podUid);
    this.strays.delete(podUid);
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
