/**
 * The functions that the autoscaler has to look at each second: those with replicas, of their Deployment or
 * from a pool, with a minimum, or whose code waits for verification. Functions with load join by their samples. Kept up by watch events,
 * so that a tick costs nothing for the thousands that sleep.
 */
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { deploymentName, functionKey, splitKey } from '#crds/wire/names.ts';
import { conditionTypes, reasons } from '#crds/wire/reasons.ts';
import { findCondition } from '#kube/conditions.ts';
import type { KubeObject } from '#kube/resource.ts';
import type { Watcher } from '#kube/watcher.ts';
import { byFunction, functionKeyOf } from '../caches.ts';
import { isBorrowed } from '../function/borrowed.ts';
import { scaleOf } from '../function/scale-of.ts';
import { needsVerification } from '../function/status.ts';
import { scheduledMinimum } from '../schedule/minimum.ts';

export interface Candidates {
  keys(): Iterable<string>;
  stop(): void;
}

export function trackCandidates(caches: {
  functions: Pick<Watcher<CatnapFunction>, 'get' | 'list' | 'onChange'>;
  deployments: Pick<Watcher<Deployment>, 'get' | 'onChange'>;
  pods: Pick<Watcher<Pod>, 'byIndex' | 'onChange'>;
}): Candidates {
  const keys = new Set<string>();
  const review = (fn: CatnapFunction) => {
    const { namespace, name } = fn.metadata;
    const replicas = scaleOf(caches.deployments.get(namespace, deploymentName(name)));
    const key = functionKey(namespace, name);
    const hasBorrowed = () => caches.pods.byIndex(byFunction, key).some(isBorrowed);
    if (replicas > 0 || wantsReplicas(fn) || hasBorrowed()) keys.add(key);
    else keys.delete(key);
  };
  const reviewOwner = (object: KubeObject) => {
    const { namespace, name } = splitKey(functionKeyOf(object) ?? '');
    const fn = caches.functions.get(namespace, name);
    if (fn) review(fn);
  };
  const unsubscribe = [
    caches.functions.onChange(({ key, current }) => {
      if (current) review(current);
      else keys.delete(key);
    }),
    caches.deployments.onChange(({ current, previous }) => reviewOwner(current ?? previous ?? {})),
    caches.pods.onChange(({ current, previous }) => {
      const pod = current ?? previous ?? {};
      if (isBorrowed(pod)) reviewOwner(pod);
    }),
  ];
  for (const fn of caches.functions.list()) review(fn);
  return {
    keys: () => keys,
    stop() {
      for (const end of unsubscribe) end();
    },
  };
}

function wantsReplicas(fn: CatnapFunction): boolean {
  const ready = findCondition(fn.status?.conditions, conditionTypes.ready);
  if (ready?.reason === reasons.loadFailed) return false;
  return fn.spec.scaling.minReplicas > 0 || scheduledMinimum(fn) > 0 || needsVerification(fn);
}
