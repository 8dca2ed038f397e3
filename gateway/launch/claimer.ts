/**
 * Gets sleeping functions their first pods from a pool of warm ones: picks the pod, claims it, and goes on to
 * the next when that fails. Functions that find the pool empty are told so, and tried again in order as soon as
 * it has pods.
 */
import type { KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import type { FunctionState, Launch } from '#gateway/functions/function-state.ts';
import type { FunctionTable } from '#gateway/functions/function-table.ts';
import type { Patience } from '#gateway/invoke/patience.ts';
import { replicasFor } from '#gateway/invoke/waker.ts';
import type { Pod } from '#gateway/pods/pod.ts';
import type { ClaimBook, ClaimDetails } from './claim-book.ts';
import { type ClaimOutcome, REFUSES_CLAIMS, sendClaim } from './claim-request.ts';
import type { LaunchSpecs, PackedSpec } from './launch-specs.ts';
import { preferredPod } from './pool-order.ts';
import { Starving } from './starving.ts';

/** How long a pod that could not be reached is left alone. */
const UNREACHABLE_PAUSE_MS = 1_000;

export interface ClaimerOptions {
  readonly table: Pick<FunctionTable, 'warmPods' | 'adopt'>;
  readonly specs: Pick<LaunchSpecs, 'get'>;
  readonly book: ClaimBook;
  readonly patience: Pick<Patience, 'claiming'>;
  readonly signingKey: KeyObject;
  readonly now: () => number;
  readonly log: Logger;
  readonly claimPort?: number;
  /**
   * No warm pod is to be had, and the function has none that may still come up. Without a launch spec none that comes to
   * the pool can help either.
   */
  readonly onExhausted: (fn: FunctionState, hasSpec: boolean) => void;
  /** It was told to be exhausted, and has its turn to start a pod of its own. */
  readonly isStarting: (fn: FunctionState) => boolean;
  readonly onLoadFailed: (fn: FunctionState, message: string) => void;
  readonly onOutcome: (outcome: ClaimOutcome['kind']) => void;
}

export class Claimer {
  private readonly options: ClaimerOptions;
  private readonly starving = new Starving();

  constructor(options: ClaimerOptions) {
    this.options = options;
  }

  /**
   * Claims what the function's waiting calls need and the pool can spare. Returns whether any claim is under
   * way; if not, the function has to be woken otherwise.
   */
  claim(fn: FunctionState): boolean {
    const { launch } = fn;
    if (launch !== undefined && !fn.removed) {
      this.begin(fn, launch, this.claimsFor(fn, launch));
      if (fn.claiming === 0) this.starving.add(fn, launch);
    }
    return fn.claiming > 0;
  }

  /**
   * Claims more pods for a function that has some, all of them full. At most as many as it has, since one that has twice
   * as many may need no more; and none while others have no pod at all.
   */
  grow(fn: FunctionState): void {
    const { launch } = fn;
    if (launch === undefined || launch.shared || this.starving.of(launch.poolKey).length > 0) return;
    const up = fn.pods.filter(({ state }) => state === 'up').length;
    const spare = Math.floor(this.claimable(launch.poolKey).length / 2);
    this.begin(fn, launch, Math.min(this.wantedBy(fn), up - fn.claiming, spare));
  }

  private begin(fn: FunctionState, launch: Launch, count: number): void {
    for (let i = 0; i < count; i++) {
      this.options.patience.claiming(launch.poolKey, this.attempt(fn, launch));
    }
  }

  /** How many functions have no pod, not even one on its way, and wait for one of each pool, by its key. */
  starvingCounts(): Map<string, number> {
    return this.starving.counts((fn) => !this.starts(fn));
  }

  /** A pool has other pods, or pods in another state, than before. */
  poolChanged(poolKey: string): void {
    const functions = this.starving.of(poolKey);
    if (functions.length === 0 || this.claimable(poolKey).length === 0) return;
    for (const fn of this.inOrder(functions)) {
      this.starving.delete(fn, poolKey);
      this.claim(fn);
      if (this.claimable(poolKey).length === 0) return;
    }
  }

  /**
   * Who came first is first, but those with a pod of their own on the way come after those without: as many pods as a
   * cluster can start in a second, so many functions shall be awake.
   */
  private inOrder(functions: FunctionState[]): FunctionState[] {
    const { true: starting = [], false: others = [] } = Object.groupBy(functions, (fn) =>
      this.starts(fn) ? 'true' : 'false',
    );
    return [...others, ...starting];
  }

  /** A pod of its own is on the way. */
  private starts(fn: FunctionState): boolean {
    return fn.hasLivePod || this.options.isStarting(fn);
  }

  /**
   * What the calls need, whatever pods of its own are on their way: a warm one is sooner. But never more than
   * the function may have in all; and of several warm pods one function takes half, so that others find some.
   */
  private claimsFor(fn: FunctionState, { poolKey }: Launch): number {
    const available = this.claimable(poolKey).length;
    const spare = fn.claiming === 0 ? Math.ceil(available / 2) : Math.floor(available / 2);
    return Math.min(this.wantedBy(fn), spare);
  }

  /** May be negative. */
  private wantedBy(fn: FunctionState): number {
    const present = fn.pods.filter(({ state }) => state !== 'leaving').length;
    return Math.min(replicasFor(fn.waiting, fn.limits), fn.limits.maxReplicas - present) - fn.claiming;
  }

  private claimable(poolKey: string): Pod[] {
    return this.options.table
      .warmPods(poolKey)
      .filter(({ state, claimable, address }) => state === 'up' && claimable && address !== undefined);
  }

  /** @returns whether it came to a pod */
  private async attempt(fn: FunctionState, launch: Launch): Promise<boolean> {
    const isGrowth = fn.claiming > 0 || fn.hasPodUp;
    fn.claiming += 1;
    const spec = await this.options.specs.get(fn.key, launch.digest);
    const isDone = spec !== undefined && (await this.claimSome(fn, launch, spec, isGrowth));
    fn.claiming -= 1;
    if (isDone || fn.claiming > 0 || fn.waiting === 0 || fn.hasPodUp) return isDone;
    if (spec !== undefined) this.starving.add(fn, launch);
    this.options.onExhausted(fn, spec !== undefined);
    return false;
  }

  /** Goes from pod to pod until one is the function's; false when there is none. */
  private async claimSome(
    fn: FunctionState,
    { poolKey }: Launch,
    spec: PackedSpec,
    isGrowth: boolean,
  ): Promise<boolean> {
    const { signingKey, claimPort, now, log, onOutcome } = this.options;
    for (;;) {
      const pod = preferredPod(fn.key, this.claimable(poolKey));
      if (pod === undefined) return false;
      pod.claimable = false;
      const sentAt = now();
      const outcome = await sendClaim(pod, spec, { key: signingKey, port: claimPort });
      onOutcome(outcome.kind);
      log.debug({ function: fn.key, pod: pod.name, ...outcome }, 'claim');
      if (outcome.kind === 'refused') return this.isRefused(pod, outcome.status);
      const of = { functionKey: fn.key, poolKey, revision: spec.revision, isGrowth };
      if (this.settle(fn, pod, of, sentAt, outcome)) return true;
    }
  }

  /** Takes in what became of a claim; returns whether that ends the search. */
  private settle(
    fn: FunctionState,
    pod: Pod,
    of: Omit<ClaimDetails, 'claimMs' | 'loadMs'>,
    sentAt: number,
    outcome: ClaimOutcome,
  ): boolean {
    const { table, book, now, onLoadFailed } = this.options;
    const claimMs = now() - sentAt;
    switch (outcome.kind) {
      case 'claimed': {
        const { loadMs, again } = outcome;
        pod.claim = again ? undefined : { start: 'pooled', endedAt: now(), claimMs, loadMs };
        pod.wasAwake = again;
        pod.state = 'up';
        book.claimed(pod, { ...of, claimMs, loadMs });
        return table.adopt(pod, fn.key);
      }
      case 'load_failed':
        pod.state = 'leaving';
        book.claimed(pod, { ...of, claimMs, loadMs: claimMs, loadFailed: true });
        table.adopt(pod, fn.key);
        onLoadFailed(fn, outcome.message);
        return true;
      case 'taken':
        book.refused(pod, of.poolKey);
        return false;
      case 'leaving':
        // Or it failed with the claim, which is the end of it as well.
        pod.state = 'leaving';
        book.refused(pod, of.poolKey);
        return false;
      default:
        setTimeout(() => {
          pod.claimable = true;
        }, UNREACHABLE_PAUSE_MS).unref();
        return false;
    }
  }

  private isRefused(pod: Pod, status: number): false {
    this.options.log.warn({ pod: pod.name, status }, `a warm pod ${REFUSES_CLAIMS}`);
    return false;
  }
}
