/**
 * Keeps the NetworkPolicy of each namespace with functions.
 *
 * Observes Functions, their pods, and NetworkPolicies of one name. Writes and deletes these, and Events
 * about those that belong to somebody else.
 */
import type { NetworkPolicy } from 'kubernetes-types/networking/v1.js';
import { fieldManagers } from '#crds/wire/names.ts';
import { reasons } from '#crds/wire/reasons.ts';
import type { KubeClient } from '#kube/client.ts';
import { isConflict, isForbidden, isNotFound, isRemovedNamespace, type KubeError } from '#kube/errors.ts';
import type { EventRecorder } from '#kube/events.ts';
import type { Log } from '#kube/log.ts';
import { networkPolicies, refOf } from '#kube/resource.ts';
import type { ReconcileResult } from '#kube/work-queue.ts';
import { byNamespace, type Caches } from '../caches.ts';
import { decidePolicy, isOurs } from './decide.ts';
import { functionsPolicy, POLICY_NAME } from './policy.ts';

/** How soon to look again at what only a person can change, or a namespace that is being removed. */
export const RECHECK_MS = 300_000;

export interface PolicyReconcilerOptions {
  client: Pick<KubeClient, 'get' | 'apply' | 'delete'>;
  caches: Pick<Caches, 'functions' | 'pods' | 'networkPolicies'>;
  recorder: EventRecorder;
  /** False removes every policy. */
  enabled: boolean;
  /** Where the gateways run. */
  platformNamespace: string;
  log: Log;
  /** The API server does not let the operator do it, for lack of a right or by a policy or quota. */
  onDenied: (error: KubeError) => void;
}

/** The reconcile function of the work queue; keys are names of namespaces. */
export function createPolicyReconciler(
  options: PolicyReconcilerOptions,
): (namespace: string) => Promise<ReconcileResult> {
  return async (namespace) => {
    try {
      return await reconcile(options, namespace);
    } catch (error) {
      // A rule for the whole cluster or a namespace that goes away: neither changes by trying again soon.
      if (isRemovedNamespace(error)) {
        options.log.debug({ namespace }, 'network policy not written, the namespace is going away');
      } else if (isForbidden(error)) options.onDenied(error);
      else throw error;
      return { requeueAfterMs: RECHECK_MS };
    }
  };
}

async function reconcile(options: PolicyReconcilerOptions, namespace: string): Promise<ReconcileResult> {
  const { client, caches, log } = options;
  const desired = functionsPolicy(namespace, options.platformNamespace);
  const live = await readLive(options, namespace);
  const decision = decidePolicy({
    enabled: options.enabled,
    hasFunctions: caches.functions.byIndex(byNamespace, namespace).length > 0,
    hasPods: caches.pods.byIndex(byNamespace, namespace).length > 0,
    desired,
    live,
  });
  if (decision === 'apply') {
    await client.apply(networkPolicies, desired, { fieldManager: fieldManagers.networkPolicy });
    log.info({ namespace }, 'network policy applied');
  }
  if (decision === 'delete' && live) {
    await remove(client, live);
    log.info({ namespace }, 'network policy removed');
  }
  if (decision === 'leave to its owner' && live) {
    reportForeign(options, live);
    return { requeueAfterMs: RECHECK_MS };
  }
  return undefined;
}

/** The cache knows no field managers; when the label does not tell whose it is, the API server is asked. */
async function readLive({ client, caches }: PolicyReconcilerOptions, namespace: string) {
  const cached = caches.networkPolicies.get(namespace, POLICY_NAME);
  if (!cached || isOurs(cached)) return cached;
  return client
    .get(networkPolicies, refOf(cached))
    .catch((error: unknown) => (isNotFound(error) ? undefined : Promise.reject(error)));
}

async function remove(client: PolicyReconcilerOptions['client'], live: NetworkPolicy): Promise<void> {
  try {
    await client.delete(networkPolicies, refOf(live), { preconditions: { uid: live.metadata?.uid } });
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}

/** The event is the policy's: whoever made it can resolve it, and functions run as they did. */
function reportForeign({ recorder, log }: PolicyReconcilerOptions, live: NetworkPolicy): void {
  const namespace = live.metadata?.namespace;
  log.warn({ namespace, policy: POLICY_NAME }, 'network policy belongs to somebody else, left alone');
  recorder.record(live, {
    type: 'Warning',
    reason: reasons.nameConflict,
    action: 'Reconcile',
    note: `Catnap keeps a NetworkPolicy of this name for the functions of namespace ${namespace}, but this one is not Catnap's, so it is left alone. Delete or rename it.`,
  });
}
