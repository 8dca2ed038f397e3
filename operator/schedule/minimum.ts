import type { Function as CatnapFunction } from '#crds/function/types.ts';

/** What the open schedules ask for, as the status has it; 0 when none is open. */
export function scheduledMinimum({ spec, status }: CatnapFunction): number {
  const { schedules, maxReplicas } = spec.scaling;
  // The status is behind when the last schedule was just removed.
  if (!schedules?.length || !status?.openSchedules?.length) return 0;
  return Math.min(status.minReplicas ?? 0, maxReplicas);
}
