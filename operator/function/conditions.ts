import type { Function as CatnapFunction, FunctionCondition } from '#crds/function/types.ts';
import type { Reason } from '#crds/wire/reasons.ts';
import { reasons } from '#crds/wire/reasons.ts';
import type { MemoryEnd } from './container-end.ts';
import { memoryLimit } from './resources/memory.ts';

/** A condition as it is found to be; when it came about is worked out against what it was before. */
export interface Finding {
  status: FunctionCondition['status'];
  reason: Reason;
  message: string;
}

// Ready

export const loaded = (): Finding => ({
  status: 'True',
  reason: reasons.loaded,
  message: 'The code was seen to load.',
});

export const verifying = (revision: string): Finding => ({
  status: 'Unknown',
  reason: reasons.verifying,
  message: `Waiting for a pod of revision ${revision} to load the code.`,
});

export const loadFailed = (message: string, stillAnswering: number): Finding => ({
  status: 'False',
  reason: reasons.loadFailed,
  message: withSurvivors(`The code does not load: ${message}`, stillAnswering),
});

export const startFailed = (message: string, stillAnswering: number): Finding => ({
  status: 'False',
  reason: reasons.startFailed,
  message: withSurvivors(`The container does not start: ${message}`, stillAnswering),
});

export const imagePullFailed = (message: string, stillAnswering: number): Finding => ({
  status: 'False',
  reason: reasons.imagePullFailed,
  message: withSurvivors(`The image cannot be pulled: ${message}`, stillAnswering),
});

export const outOfMemory = (fn: CatnapFunction, what: MemoryEnd, stillAnswering: number): Finding => ({
  status: 'False',
  reason: reasons.outOfMemory,
  message: withSurvivors(outOfMemoryText(fn, what), stillAnswering),
});

/** What ran out, which field limits it, and what helps. */
export function outOfMemoryText(fn: CatnapFunction, what: MemoryEnd): string {
  const { limit, isDefault } = memoryLimit(fn);
  const field = `spec.resources.limits.memory (${limit}${isDefault ? ', the default' : ''})`;
  const cause =
    what === 'heap'
      ? `The JavaScript heap was full: it may grow to a part of ${field}, unless NODE_OPTIONS says otherwise.`
      : `The container took more memory than ${field} and was ended.`;
  return `${cause} Raise that limit, or hold less in memory; calls of one pod share it, and scaling.concurrency says how many there are.`;
}

export const unschedulable = (message: string, stillAnswering: number): Finding => ({
  status: 'False',
  reason: reasons.unschedulable,
  message: withSurvivors(
    `No node takes the pod: ${message} Lower spec.resources.requests, free capacity or add a node.`,
    stillAnswering,
  ),
});

export const podsRefused = (message: string, stillAnswering: number): Finding =>
  startFailed(`Kubernetes refuses its pods: ${message}`, stillAnswering);

export const sourceMissing = (configMap: string): Finding => ({
  status: 'False',
  reason: reasons.sourceMissing,
  message: `ConfigMap "${configMap}", which spec.source.configMap names, does not exist in this namespace.`,
});

export const nameConflict = (kind: string, name: string): Finding => ({
  status: 'False',
  reason: reasons.nameConflict,
  message: `${kind} "${name}" exists and does not belong to this function. Delete or rename it, or rename the function.`,
});

export const predecessorLeaving = (kind: string, name: string): Finding => ({
  status: 'Unknown',
  reason: reasons.verifying,
  message: `Waiting until ${kind} "${name}" of a deleted function of the same name is gone.`,
});

const pausedPrefix = 'Paused by the annotation catnap.dev/paused; before: ';

/** Keeps the status, which calls and waiting tools rely on, and what was known in the message. */
export function paused(previous: FunctionCondition | undefined): Finding {
  if (previous?.reason === reasons.paused) {
    return { status: previous.status, reason: reasons.paused, message: previous.message };
  }
  const before = previous ? `${previous.reason}: ${previous.message}` : 'nothing was observed yet.';
  return {
    status: previous?.status ?? 'Unknown',
    reason: reasons.paused,
    message: pausedPrefix + before,
  };
}

// Active

export const running = (): Finding => ({
  status: 'True',
  reason: reasons.running,
  message: 'At least one replica takes calls.',
});

export const starting = (): Finding => ({
  status: 'False',
  reason: reasons.starting,
  message: 'Replicas are wanted, but none takes calls yet.',
});

export const asleep = (): Finding => ({
  status: 'False',
  reason: reasons.asleep,
  message: 'Scaled to zero; the next call wakes it.',
});

export const shared = (): Finding => ({
  status: 'Unknown',
  reason: reasons.shared,
  message:
    'It has no pod of its own; calls run on a host that it shares, which loads it when the first one comes.',
});

function withSurvivors(message: string, stillAnswering: number): string {
  if (stillAnswering === 0) return message;
  const pods = stillAnswering === 1 ? '1 pod' : `${stillAnswering} pods`;
  return `${message} [${pods} of an earlier revision still answer calls]`;
}
