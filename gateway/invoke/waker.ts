/**
 * Gets sleeping functions their first pods: sets the Deployment's scale from 0 to what the waiting calls
 * need. Never lowers a scale and never raises one that is not 0; that is the autoscaler's. Each function
 * has at most one attempt under way, repeated with back-off while calls wait without a pod.
 */
import type { Logger } from 'pino';
import { deploymentName, fieldManagers } from '#crds/wire/names.ts';
import type { FunctionState } from '#gateway/functions/function-state.ts';
import type { KubeClient, ObjectRef } from '#kube/client.ts';
import { isConflict, isKubeError, isNotFound } from '#kube/errors.ts';
import { deployments } from '#kube/resource.ts';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;
/** After a scale that was set or found set: pods may have gone again meanwhile. */
const RECHECK_MS = 1_000;

/** The attempts of one function. */
export interface Wake {
  pauseMs: number;
  /** Set between two attempts. */
  timer: NodeJS.Timeout | undefined;
}

export type ScaleClient = Pick<KubeClient, 'patch' | 'getScale' | 'setScale'>;

export interface WakerOptions {
  readonly client: ScaleClient;
  readonly log: Logger;
  readonly random?: () => number;
  readonly onFailure: (fn: FunctionState) => void;
  readonly onWoken: (fn: FunctionState) => void;
}

/** Pods to begin with, so that the calls that wait can run at the same time. */
export function replicasFor(waiting: number, { concurrency, maxReplicas }: FunctionState['limits']): number {
  return Math.max(1, Math.min(maxReplicas, Math.ceil(waiting / concurrency)));
}

export class Waker {
  private readonly options: WakerOptions;

  constructor(options: WakerOptions) {
    this.options = options;
  }

  /** Begins to wake the function unless that is under way or needless. */
  wake(fn: FunctionState): void {
    if (fn.wake !== undefined || !needsWaking(fn)) return;
    fn.wake = { pauseMs: FIRST_PAUSE_MS, timer: undefined };
    void this.attempt(fn, fn.wake);
  }

  /** No call waits any more: the next one that finds no pod begins anew, without the pause. */
  rest(fn: FunctionState): void {
    if (fn.wake?.timer === undefined) return;
    clearTimeout(fn.wake.timer);
    fn.wake = undefined;
  }

  private async attempt(fn: FunctionState, wake: Wake): Promise<void> {
    let pauseMs: number;
    try {
      pauseMs = await this.scaleUp(fn, wake);
    } catch (error) {
      pauseMs = this.failed(fn, wake, error);
    }
    if (fn.waiting === 0) {
      fn.wake = undefined;
      return;
    }
    wake.timer = setTimeout(() => {
      wake.timer = undefined;
      if (needsWaking(fn)) void this.attempt(fn, wake);
      else fn.wake = undefined;
    }, pauseMs);
  }

  private async scaleUp(fn: FunctionState, wake: Wake): Promise<number> {
    const replicas = (await this.raiseFromZero(fn)) ?? (await this.raiseAfterLook(fn));
    if (replicas !== undefined) {
      this.options.onWoken(fn);
      this.options.log.debug({ function: fn.key, replicas }, 'woken');
    }
    wake.pauseMs = FIRST_PAUSE_MS;
    return RECHECK_MS;
  }

  /**
   * One write that the API server refuses unless the scale is 0, so that nothing need be read before.
   * Returns the replicas that were set; undefined when it was refused.
   */
  private async raiseFromZero(fn: FunctionState): Promise<number | undefined> {
    const replicas = replicasFor(fn.waiting, fn.limits);
    // A Scale at 0 has no `replicas`: the API leaves out zeros.
    const operations = [
      { op: 'test', path: '/spec', value: {} },
      { op: 'add', path: '/spec/replicas', value: replicas },
    ];
    const options = { type: 'json', subresource: 'scale', fieldManager: fieldManagers.gateway } as const;
    try {
      await this.options.client.patch(deployments, refOf(fn), operations, options);
      return replicas;
    } catch (error) {
      if (isKubeError(error) && error.status === 422) return undefined;
      throw error;
    }
  }

  /** For what the single write does not do: tells a scale that is set from an API that writes zeros. */
  private async raiseAfterLook(fn: FunctionState): Promise<number | undefined> {
    const { spec, metadata } = await this.options.client.getScale(deployments, refOf(fn));
    if ((spec?.replicas ?? 0) !== 0 || !needsWaking(fn)) return undefined;
    const replicas = replicasFor(fn.waiting, fn.limits);
    await this.options.client.setScale(deployments, refOf(fn), replicas, {
      fieldManager: fieldManagers.gateway,
      resourceVersion: metadata?.resourceVersion,
    });
    return replicas;
  }

  private failed(fn: FunctionState, wake: Wake, error: unknown): number {
    // Someone else changed the Deployment in between: look again at once.
    if (isConflict(error)) return 0;
    this.options.onFailure(fn);
    // A function that was applied a moment ago may not have its Deployment yet.
    const level = isNotFound(error) ? 'debug' : 'warn';
    this.options.log[level](
      { function: fn.key, err: error },
      'a sleeping function could not be woken; will retry',
    );
    const pauseMs = wake.pauseMs * (0.75 + (this.options.random ?? Math.random)() / 2);
    wake.pauseMs = Math.min(wake.pauseMs * 2, LONGEST_PAUSE_MS);
    return pauseMs;
  }
}

function refOf(fn: FunctionState): ObjectRef {
  return { namespace: fn.namespace, name: deploymentName(fn.name) };
}

function needsWaking(fn: FunctionState): boolean {
  return fn.waiting > 0 && !fn.removed && !fn.hasLivePod;
}
