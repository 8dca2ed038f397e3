/** What the operator watches, and how it finds what belongs to a function. */
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { ConfigMap, Pod } from 'kubernetes-types/core/v1.js';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { functionKey, labels, MANAGED_BY, poolKey } from '#crds/wire/names.ts';
import type { Stray } from '#crds/wire/samples.ts';
import type { KubeClient } from '#kube/client.ts';
import { environmentSources } from '#kube/env/sources.ts';
import type { Log } from '#kube/log.ts';
import {
  configMaps,
  deployments,
  functions,
  type KubeObject,
  networkPolicies,
  pods,
} from '#kube/resource.ts';
import { createWatcher, type Watcher, type WatcherObserver } from '#kube/watcher.ts';
import { trimConfigMap } from './function/source-content.ts';
import { trimDeployment, trimFunction, trimPod } from './function/trim.ts';
import { POLICY_SELECTOR } from './network-policy/policy.ts';
import { createShare } from './share.ts';

export interface Caches {
  readonly functions: Watcher<CatnapFunction>;
  readonly deployments: Watcher<Deployment>;
  /** Those that make warm pods. */
  readonly poolDeployments: Watcher<Deployment>;
  /** Pods of functions, and warm ones: a pod stays in sight when it goes from a pool to a function. */
  readonly pods: Watcher<Pod>;
  /** All ConfigMaps, without their content: any may become the source of a function. */
  readonly configMaps: Watcher<ConfigMap>;
  /** Those under the name that Catnap uses. Apart from the others: it may be that they cannot be read. */
  readonly networkPolicies: Watcher<NetworkPolicy>;
  /** What the operator cannot do without. */
  readonly essential: readonly Watcher<KubeObject>[];
}

/** Index of children by the key of their function. */
export const byFunction = 'function';
/** Index of pods by the key of the pool they wait in. */
export const byPool = 'pool';
/** Index of functions and pods by their namespace. */
export const byNamespace = 'namespace';
/** Index of functions by the keys of the ConfigMaps they take code or environment from. */
export const byConfigMap = 'configMap';

export function createCaches(client: KubeClient, log: Log, observe?: WatcherObserver): Caches {
  const common = { log, observe };
  const share = createShare();
  const essential = {
    functions: createWatcher(client, functions, {
      ...common,
      indexes: { [byConfigMap]: configMapKeysOf, [byNamespace]: namespaceOf },
      transform: (fn) => share(trimFunction(fn)),
    }),
    deployments: createWatcher(client, deployments, {
      ...common,
      labelSelector: labels.function,
      indexes: { [byFunction]: functionKeyOf },
      transform: (deployment) => share(trimDeployment(deployment)),
    }),
    poolDeployments: createWatcher(client, deployments, {
      ...common,
      labelSelector: labels.pool,
      transform: trimDeployment,
    }),
    pods: createWatcher(client, pods, {
      ...common,
      labelSelector: `${labels.managedBy}=${MANAGED_BY}`,
      indexes: { [byFunction]: functionKeyOf, [byPool]: poolKeyOf, [byNamespace]: namespaceOf },
      transform: trimPod,
    }),
    configMaps: createWatcher(client, configMaps, {
      ...common,
      indexes: { [byFunction]: functionKeyOf },
      transform: (configMap) => share(trimConfigMap(configMap)),
    }),
  };
  return {
    ...essential,
    networkPolicies: createWatcher(client, networkPolicies, { ...common, fieldSelector: POLICY_SELECTOR }),
    essential: Object.values(essential) as unknown as Watcher<KubeObject>[],
  };
}

/** The key of the function that an object says it belongs to. */
export function functionKeyOf(object: KubeObject): string | undefined {
  const name = object.metadata?.labels?.[labels.function];
  return name && functionKey(object.metadata?.namespace ?? '', name);
}

/** The key of the pool that an object says it belongs to. */
export function poolKeyOf({ metadata }: KubeObject): string | undefined {
  const name = metadata?.labels?.[labels.pool];
  return name && poolKey(metadata?.namespace ?? '', name);
}

/** The pod that a gateway tells of, while by its labels it waits in a pool. */
export function warmPod(
  { pods }: Pick<Caches, 'pods'>,
  { namespace, pod: name, podUid }: Stray,
): Pod | undefined {
  const pod = pods.get(namespace, name);
  return pod?.metadata?.uid === podUid && poolKeyOf(pod) ? pod : undefined;
}

function namespaceOf({ metadata }: KubeObject): string | undefined {
  return metadata?.namespace;
}

function configMapKeysOf({ metadata, spec }: CatnapFunction): string[] {
  const environment = environmentSources(spec).filter(({ kind }) => kind === 'ConfigMap');
  const names = new Set(environment.map(({ name }) => name));
  if (spec.source?.configMap) names.add(spec.source.configMap.name);
  return [...names].map((name) => functionKey(metadata.namespace, name));
}

/**
 * Calls back with the key of every function that a change may concern.
 *
 * @returns what ends it
 */
export function onFunctionConcerned({ ...caches }: Caches, concern: (key: string) => void): () => void {
  const child = ({ current, previous }: { current?: KubeObject; previous?: KubeObject }) => {
    for (const key of new Set([current && functionKeyOf(current), previous && functionKeyOf(previous)])) {
      if (key) concern(key);
    }
  };
  const unsubscribe = [
    caches.functions.onChange(({ key }) => concern(key)),
    caches.deployments.onChange(child),
    caches.pods.onChange(child),
    caches.configMaps.onChange((change) => {
      child(change);
      for (const fn of caches.functions.byIndex(byConfigMap, change.key)) {
        concern(functionKey(fn.metadata.namespace, fn.metadata.name));
      }
    }),
  ];
  return () => {
    for (const end of unsubscribe) end();
  };
}
