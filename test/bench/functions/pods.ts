/**
 * The pods of the benchmark's namespace. Followed by one watch, because asking again and again costs the API server
 * the CPU that is to be measured.
 */
import type { Pod } from 'kubernetes-types/core/v1.js';
import { labels } from '#crds/wire/names.ts';
import type { KubeClient } from '#kube/client.ts';
import { controllerOf } from '#kube/owner-reference.ts';
import { pods } from '#kube/resource.ts';
import { byLabel, createWatcher } from '#kube/watcher.ts';

export interface PodWatch {
  /** Present ones of a function, its borrowed ones too. */
  of(functionName: string): Pod[];
  /** Warm ones that belong to no function yet and are not on their way out. */
  warm(): Pod[];
  /** The pod of this name, as long as it exists. */
  get(podName: string): Pod | undefined;
  /** Names of all pods that ever were the function's. */
  seen(functionName: string): ReadonlySet<string>;
  stop(): Promise<void>;
}

const NONE: ReadonlySet<string> = new Set();

export async function watchPods(client: KubeClient, namespace: string): Promise<PodWatch> {
  const seen = new Map<string, Set<string>>();
  const watcher = createWatcher(client, pods, {
    namespace,
    transform: trim,
    indexes: { function: byLabel(labels.function) },
  });
  watcher.onChange(({ current }) => {
    const name = current && functionOf(current);
    if (!name) return;
    const names = seen.get(name) ?? new Set();
    seen.set(name, names.add(current.metadata?.name ?? ''));
  });
  watcher.start();
  await watcher.whenSynced();
  return {
    of: (functionName) => watcher.byIndex('function', functionName),
    warm: () => watcher.list().filter(isUnclaimed),
    get: (podName) => watcher.get(namespace, podName),
    seen: (functionName) => seen.get(functionName) ?? NONE,
    stop: () => watcher.stop(),
  };
}

/** The name of the function that a pod runs; undefined for one that waits in a pool, and for any other. */
export function functionOf({ metadata }: Pod): string | undefined {
  return metadata?.labels?.[labels.function];
}

function isUnclaimed({ metadata }: Pod): boolean {
  const { labels: all, deletionTimestamp } = metadata ?? {};
  return all?.[labels.pool] !== undefined && all[labels.function] === undefined && !deletionTimestamp;
}

/** Whether a pod came from a pool: no ReplicaSet has it, the Function itself does. */
export function isBorrowed(pod: Pod): boolean {
  return controllerOf(pod)?.kind === 'Function';
}

export function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}

function trim({ apiVersion, kind, metadata, status }: Pod): Pod {
  return { apiVersion, kind, metadata, status: { podIP: status?.podIP, conditions: status?.conditions } };
}
