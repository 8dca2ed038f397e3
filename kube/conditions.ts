/** Conditions as the Kubernetes API conventions want them: a list that is a map by `type`. */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  observedGeneration?: number;
  lastTransitionTime: string;
}

/**
 * The conditions with one set. `lastTransitionTime` becomes `now` when the status changes or the condition
 * is new, and stays otherwise. Returns the same array when nothing changes, so callers can skip the write.
 *
 * @param now RFC 3339, as `kubeTime` makes it
 */
export function setCondition<C extends Condition>(
  conditions: readonly C[] | undefined,
  next: Omit<C, 'lastTransitionTime'>,
  now: string,
): C[] {
  const present = (conditions ?? []) as C[];
  const previous = present.find((condition) => condition.type === next.type);
  const lastTransitionTime = previous?.status === next.status ? previous.lastTransitionTime : now;
  const updated = { ...next, lastTransitionTime } as C;
  if (previous === undefined) return [...present, updated];
  if (sameCondition(previous, updated)) return present;
  return present.map((condition) => (condition === previous ? updated : condition));
}

function sameCondition(a: Condition, b: Condition): boolean {
  return (
    a.status === b.status &&
    a.reason === b.reason &&
    a.message === b.message &&
    a.observedGeneration === b.observedGeneration &&
    a.lastTransitionTime === b.lastTransitionTime
  );
}

export function findCondition<C extends { type: string }>(
  conditions: readonly C[] | undefined,
  type: string,
): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** True when the condition is there with status True. Absent means unknown. */
export function isConditionTrue(
  conditions: readonly { type: string; status: string }[] | undefined,
  type: string,
): boolean {
  return findCondition(conditions, type)?.status === 'True';
}
