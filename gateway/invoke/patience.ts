/**
 * Whether a function that found no warm pod starts one of its own. Pods that start take the CPU from pods that are being
 * claimed, and those are ready in a hundredth of the time; and a pool that is being refilled has pods sooner than a
 * Deployment that has yet to be scaled, each for less work of the cluster. So where many functions wake at once, what the
 * pool has is handed out first, then they wait for what it will have soon, and only the others start pods.
 */
import type { FunctionState, Launch } from '#gateway/functions/function-state.ts';
import { withinTime } from '#gateway/within-time.ts';

/** Longer than a pool's claims take together where there is a core for them. */
const CLAIMS_MS = 300;
/** Pods that are taken are replaced, so that those on their way are not the last: three times as many functions wait. */
const ROUNDS = 3;
/** A pool from which nothing comes, for whatever reason, holds up functions for this long. */
const SUPPLY_MS = 10_000;
/** An operator that works lets pods start within two seconds after functions began to wait. */
const STALLED_MS = 3_000;
/** Between a pod that is labelled as a function's and the one that its pool makes instead, as long as that may take. */
const GAP_MS = 3_000;
/** How often a function that waits looks whether the pool still has a pod for it on the way. */
const LOOK_MS = 500;

export interface PatienceOptions {
  /**
   * How many pods a pool will have soon, for this gateway.
   *
   * @param stalled nothing came from it lately: pods that somebody has yet to let start do not count
   */
  readonly onTheWay: (poolKey: string, stalled: boolean) => number;
  /** It has waited in vain. */
  readonly onOver: (fn: FunctionState) => void;
  readonly now: () => number;
}

interface Pool {
  readonly key: string;
  /** How many wait. */
  count: number;
  /** When a function was served from it, or began to wait for it. */
  suppliedAt: number;
  /** The most pods on the way lately, and when that was. */
  onTheWay: number;
  seenAt: number;
}

interface Wait {
  readonly pool: Pool;
  readonly since: number;
}

export class Patience {
  private readonly options: PatienceOptions;
  /** By the key of the pool. */
  private readonly claims = new Map<string, Set<Promise<boolean>>>();
  private readonly waits = new Map<FunctionState, Wait>();
  /** By its key; those for which any function waits. */
  private readonly pools = new Map<string, Pool>();

  constructor(options: PatienceOptions) {
    this.options = options;
  }

  /** A claim is under way. @param claim whether it came to a pod; must not reject */
  claiming(poolKey: string, claim: Promise<boolean>): void {
    const claims = this.claims.get(poolKey) ?? new Set();
    this.claims.set(poolKey, claims.add(claim));
    void claim.then((isServed) => {
      const pool = this.pools.get(poolKey);
      if (isServed && pool) pool.suppliedAt = this.options.now();
      claims.delete(claim);
      if (claims.size === 0) this.claims.delete(poolKey);
    });
  }

  /** Whether the function waits for the pool; it is told when that is over. */
  has(fn: FunctionState, { poolKey }: Launch): boolean {
    return this.waits.has(fn) || this.wait(fn, poolKey);
  }

  /** It has a pod, or nothing to do any more. */
  leave(fn: FunctionState): void {
    const wait = this.waits.get(fn);
    if (wait === undefined) return;
    this.waits.delete(fn);
    wait.pool.count -= 1;
    if (wait.pool.count === 0) this.pools.delete(wait.pool.key);
  }

  private wait(fn: FunctionState, key: string): boolean {
    const since = this.options.now();
    const pool = this.pools.get(key) ?? { key, count: 0, suppliedAt: since, onTheWay: 0, seenAt: since };
    const wait = { pool, since };
    pool.count += 1;
    const event = this.nextEvent(wait);
    if (event === undefined) {
      pool.count -= 1;
      return false;
    }
    this.waits.set(fn, wait);
    this.pools.set(key, pool);
    void this.follow(fn, wait, event);
    return true;
  }

  private async follow(fn: FunctionState, wait: Wait, first: Promise<unknown>): Promise<void> {
    for (let event: Promise<unknown> | undefined = first; event; event = this.nextEvent(wait)) {
      await event;
      if (this.waits.get(fn) !== wait) return;
      const isServed = fn.waiting === 0 || fn.hasPodUp || fn.claiming > 0 || fn.removed;
      if (isServed) return this.leave(fn);
    }
    this.leave(fn);
    this.options.onOver(fn);
  }

  /** After which the function has to decide again; undefined when there is nothing to wait for. */
  private nextEvent({ pool, since }: Wait): Promise<unknown> | undefined {
    const now = this.options.now();
    const claims = this.claims.get(pool.key);
    if (claims && now - since < CLAIMS_MS) return withinTime(CLAIMS_MS - now + since, Promise.all(claims));
    this.look(pool, now);
    if (now - Math.max(since, pool.suppliedAt) >= SUPPLY_MS) return;
    if (pool.count > ROUNDS * pool.onTheWay) return;
    return new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }

  private look(pool: Pool, now: number): void {
    const onTheWay = this.options.onTheWay(pool.key, now - pool.suppliedAt >= STALLED_MS);
    if (onTheWay < pool.onTheWay && now - pool.seenAt < GAP_MS) return;
    pool.onTheWay = onTheWay;
    pool.seenAt = now;
  }
}
