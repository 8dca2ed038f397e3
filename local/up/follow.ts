/** Watches functions and tells what happens to them, line by line, until it is stopped. */
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { deploymentName, functionKey, labels } from '#crds/wire/names.ts';
import { conditionTypes } from '#crds/wire/reasons.ts';
import type { KubeClient } from '#kube/client.ts';
import { deployments, functions, type KubeObject, pods } from '#kube/resource.ts';
import { createWatcher, type Watcher } from '#kube/watcher.ts';
import { narrate, type Snapshot, type Telling } from './narrate.ts';

type Deployment = NonNullable<typeof deployments.object>;
type Pod = NonNullable<typeof pods.object>;

interface Sources {
  functions: Watcher<CatnapFunction>;
  deployments: Watcher<Deployment>;
  pods: Watcher<Pod>;
}

/**
 * Tells changes from now on; what exists already is passed over in silence.
 * @returns stops the watches
 */
export async function follow(client: KubeClient, say: (line: string) => void): Promise<() => Promise<void>> {
  const owned = { labelSelector: labels.function };
  const sources: Sources = {
    functions: createWatcher(client, functions),
    deployments: createWatcher(client, deployments, owned),
    pods: createWatcher(client, pods, owned),
  };
  const known = new Map<string, Snapshot>();
  const waking = new Map<string, NonNullable<Telling['waking']>>();

  function look(key: string, speak: (line: string) => void): void {
    const current = snapshot(sources, key);
    const telling = narrate(known.get(key), current, waking.get(key), performance.now());
    put(known, key, current);
    put(waking, key, telling.waking);
    for (const line of telling.lines) speak(line);
  }

  const all = Object.values(sources) as Watcher<KubeObject>[];
  for (const watcher of all) watcher.start();
  await Promise.all(all.map((watcher) => watcher.whenSynced()));
  for (const item of sources.functions.list()) look(keyOfFunction(item), () => {});

  sources.functions.onChange(({ current, previous }) => look(keyOfFunction(current ?? previous), say));
  sources.deployments.onChange(({ current, previous }) => look(keyOfChild(current ?? previous), say));
  sources.pods.onChange(({ current, previous }) => look(keyOfChild(current ?? previous), say));
  return async () => {
    await Promise.all(all.map((watcher) => watcher.stop()));
  };
}

function snapshot(sources: Sources, key: string): Snapshot | undefined {
  const [namespace = '', name = ''] = key.split('/');
  const found = sources.functions.get(namespace, name);
  if (!found) return undefined;
  const ready = found.status?.conditions?.find(({ type }) => type === conditionTypes.ready);
  return {
    title: namespace === 'default' ? name : key,
    url: found.status?.url ?? '',
    ready: { status: ready?.status ?? 'Unknown', reason: ready?.reason ?? '', message: ready?.message ?? '' },
    revision: found.status?.revision ?? '',
    loadedRevision: found.status?.loadedRevision ?? '',
    wanted: sources.deployments.get(namespace, deploymentName(name))?.spec?.replicas ?? 0,
    available: sources.pods.list().filter((pod) => keyOfChild(pod) === key && takesCalls(pod)).length,
  };
}

function takesCalls(pod: Pod): boolean {
  if (pod.metadata?.deletionTimestamp) return false;
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

function keyOfFunction(item: CatnapFunction | undefined): string {
  return functionKey(item?.metadata.namespace ?? '', item?.metadata.name ?? '');
}

function keyOfChild(item: KubeObject | undefined): string {
  return functionKey(item?.metadata?.namespace ?? '', item?.metadata?.labels?.[labels.function] ?? '');
}

function put<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
