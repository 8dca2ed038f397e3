/** What a Function's status and Events say of its schedules. Pure. */
import type { Function as CatnapFunction, FunctionStatus } from '#crds/function/types.ts';
import { conditionTypes, reasons } from '#crds/wire/reasons.ts';
import { kubeTime } from '#kube/clock.ts';
import { findCondition } from '#kube/conditions.ts';
import type { Finding } from '../function/conditions.ts';
import type { EventDraft } from '../function/events.ts';
import type { Windows } from './windows.ts';

/** The minimum that holds now. */
export function minimumNow({ scaling }: CatnapFunction['spec'], { open }: Windows): number {
  const minima = open.map(({ minReplicas }) => minReplicas);
  return Math.min(Math.max(scaling.minReplicas, ...minima), scaling.maxReplicas);
}

/** The condition Scheduled. */
export function scheduled(windows: Windows): Finding {
  const { open, invalid } = windows;
  const said = open.length > 0 ? openText(windows) : closedText(windows);
  const status = open.length > 0 ? 'True' : 'False';
  if (invalid.length > 0) {
    const message = `${invalidText(windows)} The function goes on without. ${said}`;
    return { status, reason: reasons.scheduleInvalid, message };
  }
  return { status, reason: open.length > 0 ? reasons.scheduleOpened : reasons.scheduleClosed, message: said };
}

/** Events for windows that opened or closed, and for schedules that cannot be read. */
export function scheduleEvents(
  { spec, status: before }: CatnapFunction,
  after: FunctionStatus,
  windows: Windows | undefined,
): EventDraft[] {
  const minimum = after.minReplicas ?? spec.scaling.minReplicas;
  const draft = { type: 'Normal', action: 'Schedule' } as const;
  const wasOpen = new Set(before?.openSchedules);
  const isOpen = new Set(after.openSchedules);
  const opened = (windows?.open ?? []).filter(({ name }) => isOpen.has(name) && !wasOpen.has(name));
  const closed = [...wasOpen].filter((name) => !isOpen.has(name));
  return [
    ...opened.map(({ name, minReplicas, untilMs }) => ({
      ...draft,
      reason: reasons.scheduleOpened,
      note: `Schedule "${name}" opened: ${replicas(minReplicas)} at least until ${kubeTime(untilMs)}.`,
    })),
    ...closed.map((name) => ({
      ...draft,
      reason: reasons.scheduleClosed,
      note: `Schedule "${name}" closed: ${replicas(minimum)} at least from now on.`,
    })),
    ...(windows ? invalidEvents(before, after, windows) : []),
  ];
}

function invalidEvents(
  before: FunctionStatus | undefined,
  after: FunctionStatus,
  windows: Windows,
): EventDraft[] {
  const isInvalid = (status: FunctionStatus | undefined) =>
    findCondition(status?.conditions, conditionTypes.scheduled)?.reason === reasons.scheduleInvalid;
  const isNew = !isInvalid(before) || before?.observedGeneration !== after.observedGeneration;
  if (!isInvalid(after) || !isNew) return [];
  const note = `${invalidText(windows)} The function goes on without.`;
  return [{ type: 'Warning', action: 'Schedule', reason: reasons.scheduleInvalid, note }];
}

function openText({ open }: Windows): string {
  return open
    .map(
      ({ name, minReplicas, untilMs }) =>
        `"${name}" is open: ${replicas(minReplicas)} at least until ${kubeTime(untilMs)}.`,
    )
    .join(' ');
}

function closedText({ next }: Windows): string {
  const then = next ? ` "${next.name}" opens at ${kubeTime(next.opensAtMs)}.` : '';
  return `No schedule is open.${then}`;
}

function invalidText({ invalid }: Windows): string {
  return invalid
    .map(({ name, field, problem }) => `spec.scaling.schedules "${name}", ${field}: ${problem}`)
    .join(' ');
}

function replicas(count: number): string {
  return count === 1 ? '1 replica' : `${count} replicas`;
}
