/**
 * What the gateway knows of one function. A sleeping one is this object and little else: everything that
 * only traffic needs is made when the first call comes.
 */
import { splitKey } from '#crds/wire/names.ts';
import type { CallQueue } from '#gateway/invoke/call-queue.ts';
import type { Wake } from '#gateway/invoke/waker.ts';
import type { FunctionMetrics } from '#gateway/metrics/function-metrics.ts';
import type { Pod } from '#gateway/pods/pod.ts';
import type { Limits, Verdict } from './limits.ts';
import type { Load } from './load.ts';

/** `status.launch` of a Function, with the key of the pool in its namespace. */
export interface Launch {
  readonly poolKey: string;
  readonly digest: string;
  /** The pool's pods are hosts that functions share, rather than pods that become one function's. */
  readonly shared: boolean;
}

export class FunctionState {
  /** `namespace/name`. */
  readonly key: string;
  limits: Limits;
  /** How a warm pod becomes this function's; undefined when only its Deployment starts pods. */
  launch: Launch | undefined = undefined;
  verdict: Verdict | undefined;
  /** Every pod that the API server tells of. */
  pods: readonly Pod[] = [];
  inFlight = 0;
  /** The Function object is gone. */
  removed = false;
  queue: CallQueue | undefined = undefined;
  load: Load | undefined = undefined;
  metrics: FunctionMetrics | undefined = undefined;
  wake: Wake | undefined = undefined;
  /** Claims of warm pods that are under way. */
  claiming = 0;
  /** When the first call came that found no pod; undefined unless such a call waits. */
  coldSince: number | undefined = undefined;
  /** When a call was last let through although the code does not load. */
  trialAt = Number.NEGATIVE_INFINITY;

  constructor(key: string, limits: Limits, verdict: Verdict | undefined) {
    this.key = key;
    this.limits = limits;
    this.verdict = verdict;
  }

  get namespace(): string {
    return splitKey(this.key).namespace;
  }

  get name(): string {
    return splitKey(this.key).name;
  }

  get waiting(): number {
    return this.queue?.length ?? 0;
  }

  /** Whether some pod takes calls, be it full. */
  get hasPodUp(): boolean {
    return this.pods.some(({ state }) => state === 'up');
  }

  /** Whether some pod takes calls or may soon. */
  get hasLivePod(): boolean {
    return this.pods.some(({ state }) => state !== 'leaving');
  }
}
