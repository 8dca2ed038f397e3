import type { Pod } from 'kubernetes-types/core/v1.js';
import { isConflict, isInvalid, isNotFound } from '#kube/errors.ts';
import { describeError, type Log } from '#kube/log.ts';

/** A write of a warm pod failed, which is nothing to worry about when the pod is gone or another by now. */
export function logWriteFailure(log: Log, pod: Pod, error: unknown, message: string): void {
  const isOver = isNotFound(error) || isConflict(error) || isInvalid(error);
  log[isOver ? 'debug' : 'warn']({ pod: pod.metadata?.name, ...describeError(error) }, message);
}
