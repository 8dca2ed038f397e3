/** What the gateway reads in a Pod object. */
import type { Pod as KubePod } from 'kubernetes-types/core/v1.js';
import { exitCodes, type TerminationMessage } from '#crds/wire/environment.ts';
import { FUNCTION_CONTAINER, functionKey, labels } from '#crds/wire/names.ts';

export interface PodView {
  readonly uid: string;
  readonly name: string;
  /** `namespace/name` of the function. */
  readonly functionKey: string;
  readonly address: string | undefined;
  readonly ready: boolean;
  /** It is being deleted or has ended for good. */
  readonly leaving: boolean;
  /** Why its code does not load, when that ended its last run. */
  readonly loadFailure: string | undefined;
}

/** Reads a Pod; undefined when it belongs to no function. */
export function viewPod({ metadata, status }: KubePod): PodView | undefined {
  const functionName = metadata?.labels?.[labels.function];
  if (!functionName || !metadata?.namespace || !metadata.uid || !metadata.name) return undefined;
  const phase = status?.phase;
  return {
    uid: metadata.uid,
    name: metadata.name,
    functionKey: functionKey(metadata.namespace, functionName),
    address: status?.podIP || undefined,
    ready: status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
    leaving: metadata.deletionTimestamp !== undefined || phase === 'Failed' || phase === 'Succeeded',
    loadFailure: loadFailure(status),
  };
}

function loadFailure(status: KubePod['status']): string | undefined {
  const container = status?.containerStatuses?.find(({ name }) => name === FUNCTION_CONTAINER);
  const ended =
    container?.state?.terminated ?? (container?.state?.waiting && container.lastState?.terminated);
  if (ended?.exitCode !== exitCodes.loadFailed) return undefined;
  return terminationText(ended.message);
}

/** One line from a termination message, which is the function's output and thus may be anything. */
function terminationText(text: string | undefined): string {
  try {
    const { message, file, line } = JSON.parse(text ?? '') as Partial<TerminationMessage>;
    if (typeof message !== 'string') return 'The code does not load.';
    const place = typeof file === 'string' ? ` (${file}${typeof line === 'number' ? `:${line}` : ''})` : '';
    return message + place;
  } catch {
    return 'The code does not load.';
  }
}
