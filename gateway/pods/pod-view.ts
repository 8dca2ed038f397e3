/** What the gateway reads in a Pod object. */
import type { Pod as KubePod } from 'kubernetes-types/core/v1.js';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.js';
import { exitCodes } from '#crds/wire/environment.ts';
import { FUNCTION_CONTAINER, functionKey, labels, poolKey } from '#crds/wire/names.ts';
import { runtimeWords } from '#crds/wire/termination.ts';
import { schedulingGates } from '#kube/scheduling-gates.ts';

export interface PodView {
  readonly uid: string;
  readonly name: string;
  /** `namespace/name` of the function, or the key of the pool for a warm pod. */
  readonly ownerKey: string;
  /** By its labels it waits in a pool. */
  readonly warm: boolean;
  /** It does not start yet: the operator holds it back. */
  readonly gated: boolean;
  readonly address: string | undefined;
  readonly ready: boolean;
  /** It is being deleted or has ended for good. */
  readonly leaving: boolean;
  /** Why its code does not load, when that ended its last run. */
  readonly loadFailure: string | undefined;
}

/** Reads a Pod; undefined when it belongs neither to a function nor to a pool. */
export function viewPod(pod: KubePod): PodView | undefined {
  const { metadata, status } = pod;
  const owner = metadata && ownerOf(metadata);
  if (!owner || !metadata.uid || !metadata.name) return undefined;
  const phase = status?.phase;
  return {
    uid: metadata.uid,
    name: metadata.name,
    ...owner,
    gated: schedulingGates(pod).length > 0,
    address: status?.podIP || undefined,
    ready: status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
    leaving: metadata.deletionTimestamp !== undefined || phase === 'Failed' || phase === 'Succeeded',
    loadFailure: loadFailure(status),
  };
}

function ownerOf({
  namespace,
  labels: all = {},
}: ObjectMeta): Pick<PodView, 'ownerKey' | 'warm'> | undefined {
  const { [labels.function]: functionName, [labels.pool]: pool } = all;
  if (!namespace) return undefined;
  if (functionName) return { ownerKey: functionKey(namespace, functionName), warm: false };
  return pool ? { ownerKey: poolKey(namespace, pool), warm: true } : undefined;
}

function loadFailure(status: KubePod['status']): string | undefined {
  const container = status?.containerStatuses?.find(({ name }) => name === FUNCTION_CONTAINER);
  const ended =
    container?.state?.terminated ?? (container?.state?.waiting && container.lastState?.terminated);
  if (ended?.exitCode !== exitCodes.loadFailed) return undefined;
  return terminationText(ended.message);
}

/** One line from a termination message, which is the function's output and thus may be anything. */
export function terminationText(text: string | undefined): string {
  return runtimeWords(text) ?? 'The code does not load.';
}
