import { reasons } from '#crds/wire/reasons.ts';
import type { EventDraft } from '../function/events.ts';
import type { Why } from './decide.ts';
import type { TakeOver } from './loans.ts';

const because: Record<Why, string> = {
  load: 'as the load asks for',
  panic: 'for a burst of calls',
  idle: 'after its idle time without calls',
  minimum: 'for scaling.minReplicas',
  schedule: 'for an open schedule of scaling.schedules',
  maximum: 'for scaling.maxReplicas',
  verification: 'to verify that its code loads',
  'load failure': 'because its code does not load',
};

/** The event of a scale that the autoscaler set. */
export function scaledEvent(from: number, to: number, why: Why): EventDraft {
  return from === 0
    ? wokenEvent(to, `by the operator ${because[why]}`)
    : {
        type: 'Normal',
        reason: reasons.scaled,
        action: 'Scale',
        note: `Scaled from ${from} to ${to} ${because[why]}.`,
      };
}

const takenOverFor: Record<TakeOver, string> = {
  'lasting load': 'because calls keep coming',
  revision: 'because those run an earlier revision',
  minimum: 'for scaling.minReplicas',
  schedule: 'for an open schedule of scaling.schedules',
};

/** The event of a Deployment that was scaled in the place of pods from the pool. */
export function takeOverEvent(replicas: number, why: TakeOver): EventDraft {
  const pods = replicas === 1 ? '1 pod' : `${replicas} pods`;
  return {
    type: 'Normal',
    reason: reasons.scaled,
    action: 'Scale',
    note: `Its own Deployment takes over from pods of the pool with ${pods}, ${takenOverFor[why]}.`,
  };
}

/** The event of a function that got its first replicas. */
export function wokenEvent(to: number, by: string): EventDraft {
  return { type: 'Normal', reason: reasons.woken, action: 'Scale', note: `Woken from 0 to ${to} ${by}.` };
}
