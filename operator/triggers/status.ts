/** What a Function's status should say of its triggers. Pure; written elsewhere, only on change. */
import type {
  Function as CatnapFunction,
  FunctionCondition,
  FunctionStatus,
  Trigger,
  TriggerStatus,
} from '#crds/function/types.ts';
import { conditionTypes } from '#crds/wire/reasons.ts';
import { kubeTime } from '#kube/clock.ts';
import { findCondition, setCondition } from '#kube/conditions.ts';
import type { Finding } from '../function/conditions.ts';
import { awaited, isHearsay, reported, unreported } from './conditions.ts';
import { type Hearsay, SILENCE_MS } from './report-book.ts';
import { triggerType } from './spec.ts';

export type TriggersStatus = NonNullable<FunctionStatus['triggers']>;

export interface TriggersObservation {
  fn: CatnapFunction;
  /** Of what gateways are handed. */
  digest: string | undefined;
  /** Why triggers cannot run, by name. */
  obstacles: ReadonlyMap<string, Finding>;
  /** By name of the trigger. */
  hear: (trigger: string) => Hearsay;
  nowMs: number;
}

/** Equal to the present one, timestamps included, when nothing changed; undefined without triggers. */
export function triggersStatus(observation: TriggersObservation): TriggersStatus | undefined {
  const { fn, digest } = observation;
  const { triggers = [] } = fn.spec;
  if (triggers.length === 0) return undefined;
  const list = triggers.map((trigger) => triggerStatus(observation, trigger));
  return { ...(digest ? { digest } : {}), list };
}

/** The Connected condition of a trigger. */
export function connectedOf(trigger: TriggerStatus | undefined): FunctionCondition | undefined {
  return findCondition(trigger?.conditions, conditionTypes.connected);
}

function triggerStatus(observation: TriggersObservation, trigger: Trigger): TriggerStatus {
  const { fn, obstacles, hear, nowMs } = observation;
  const { name } = trigger;
  const type = triggerType(trigger);
  const present = fn.status?.triggers?.list.find((known) => known.name === name && known.type === type);
  const finding = obstacles.get(name) ?? connection(hear(name), connectedOf(present));
  if (!finding && present) return present;
  const condition = {
    type: conditionTypes.connected,
    ...(finding ?? awaited()),
    observedGeneration: fn.metadata.generation,
  };
  return { name, type, conditions: setCondition(present?.conditions, condition, kubeTime(nowMs)) };
}

/** Undefined while there is nothing better to say than what was said before. */
function connection(
  { report, leftMs }: Hearsay,
  present: FunctionCondition | undefined,
): Finding | undefined {
  if (report) return reported(report);
  if (leftMs === 0) return unreported(SILENCE_MS);
  return present && isHearsay(present) ? undefined : awaited();
}
