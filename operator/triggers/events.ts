/** Which events a change of triggers is worth. Pure. */
import type { FunctionStatus } from '#crds/function/types.ts';
import { type Reason, reasons } from '#crds/wire/reasons.ts';
import type { EventDraft } from '../function/events.ts';
import { connectedOf } from './status.ts';

const worthTelling: Partial<Record<string, Pick<EventDraft, 'type' | 'action'>>> = {
  [reasons.triggerConnected]: { type: 'Normal', action: 'Connect' },
  [reasons.triggerDisconnected]: { type: 'Warning', action: 'Connect' },
  [reasons.triggerInvalid]: { type: 'Warning', action: 'Connect' },
  [reasons.secretMissing]: { type: 'Warning', action: 'Reconcile' },
  [reasons.secretForbidden]: { type: 'Warning', action: 'Reconcile' },
};

/** One for each trigger whose condition has another reason than before. */
export function triggerEvents(
  before: FunctionStatus['triggers'],
  after: FunctionStatus['triggers'],
): EventDraft[] {
  const previous = new Map(before?.list.map((trigger) => [trigger.name, connectedOf(trigger)?.reason]));
  return (after?.list ?? []).flatMap((trigger) => {
    const { reason = '', message = '' } = connectedOf(trigger) ?? {};
    const kind = worthTelling[reason];
    if (!kind || previous.get(trigger.name) === reason) return [];
    // The reason is one of ours: reports with others are dropped.
    return [{ ...kind, reason: reason as Reason, note: `Trigger "${trigger.name}": ${message}` }];
  });
}
