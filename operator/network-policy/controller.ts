/** Runs the NetworkPolicy controller where the operator may: caches, queue, and what to say where it may not. */
import type { KubeClient } from '#kube/client.ts';
import { type Clock, sleep } from '#kube/clock.ts';
import { isForbidden, type KubeError } from '#kube/errors.ts';
import { networkPolicies } from '#kube/resource.ts';
import { createWorkQueue } from '#kube/work-queue.ts';
import type { QueueMetrics } from '../queue-metrics.ts';
import { POLICY_SELECTOR } from './policy.ts';
import { createPolicyReconciler, type PolicyReconcilerOptions, RECHECK_MS } from './reconcile.ts';
import { onNamespaceConcerned } from './triggers.ts';

export interface PolicyControllerOptions extends Omit<PolicyReconcilerOptions, 'client' | 'onDenied'> {
  client: PolicyReconcilerOptions['client'] & Pick<KubeClient, 'list'>;
  concurrency: number;
  /** Of the work that runs when the controller is asked to stop. */
  workDeadlineMs: number;
  observe: QueueMetrics;
  clock: Clock;
}

/**
 * Keeps the policies until `signal` aborts. Never rejects: functions work without their isolation too, so
 * a cluster that does not grant it gets a line in the log, and everything else goes on.
 */
export async function runPolicyController(
  options: PolicyControllerOptions,
  signal: AbortSignal,
): Promise<void> {
  const { caches, log, clock } = options;
  const onDenied = onceDenied(options);
  if (!(await mayRead(options, onDenied, signal))) return;
  caches.networkPolicies.start();
  const queue = createWorkQueue({
    name: 'network-policy',
    concurrency: options.concurrency,
    reconcile: createPolicyReconciler({ ...options, onDenied }),
    retry: { minMs: 50, maxMs: RECHECK_MS },
    log,
    clock,
    observe: options.observe,
  });
  options.observe.attach(queue);
  // Only the signal ends the wait early.
  await caches.networkPolicies.whenSynced(signal).catch(() => {});
  const end = signal.aborted ? undefined : onNamespaceConcerned(caches, queue.add);
  await aborted(signal);
  end?.();
  await queue.stop(options.workDeadlineMs);
  await caches.networkPolicies.stop();
}

/** Asks now and then until it may, so that a right that is granted later needs no restart. */
async function mayRead(
  { client, clock }: PolicyControllerOptions,
  onDenied: (error: KubeError) => void,
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    try {
      await client.list(networkPolicies, { fieldSelector: POLICY_SELECTOR, limit: 1, signal });
      return true;
    } catch (error) {
      // Anything else passes, and the watcher has its own patience.
      if (!isForbidden(error)) return !signal.aborted;
      onDenied(error);
      await sleep(clock, RECHECK_MS, signal);
    }
  }
  return false;
}

function onceDenied({ enabled, log }: PolicyControllerOptions): (error: KubeError) => void {
  let said = false;
  return (error) => {
    if (said) return;
    said = true;
    const cause = { error: error.message };
    if (enabled) {
      log.warn(
        cause,
        'function pods are not isolated: grant the operator get, list, watch, create, patch and delete on networkpolicies (networking.k8s.io), or set CATNAP_FUNCTION_NETWORK_POLICY=false',
      );
    } else log.info(cause, 'network policies are off, and none of an earlier setting can be looked for');
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
