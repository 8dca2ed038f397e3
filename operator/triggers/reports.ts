/** What gateways say of triggers, taken from their samples. Pure; anything that is not as it should be is dropped. */
import { DNS_LABEL } from '#crds/wire/names.ts';
import { type Reason, reasons } from '#crds/wire/reasons.ts';
import type { TriggerReport } from '#crds/wire/samples.ts';

/** With a reason that is known. */
export type KnownTriggerReport = TriggerReport & { reason: Reason };

/** More than any gateway runs; a bound on what a broken writer can cause. */
const MAX_ENTRIES = 10_000;
/** What people read at a glance, and what an Event holds. */
const MAX_MESSAGE = 900;
const known: ReadonlySet<unknown> = new Set<Reason>(Object.values(reasons));

/** @param triggers of the sample of one gateway, as it was read */
export function readTriggerReports(triggers: unknown): KnownTriggerReport[] {
  if (!Array.isArray(triggers)) return [];
  return triggers.slice(0, MAX_ENTRIES).flatMap((entry) => reportOf(entry) ?? []);
}

function reportOf(entry: unknown): KnownTriggerReport | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { namespace, function: name, trigger, connected, reason, message } = entry as Record<string, unknown>;
  if (!isLabel(namespace) || !isLabel(name) || !isLabel(trigger)) return undefined;
  if (typeof connected !== 'boolean' || !isReason(reason) || typeof message !== 'string') return undefined;
  return { namespace, function: name, trigger, connected, reason, message: cut(message) };
}

function isLabel(value: unknown): value is string {
  return typeof value === 'string' && DNS_LABEL.test(value);
}

function isReason(value: unknown): value is Reason {
  return known.has(value);
}

function cut(message: string): string {
  return message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE - 1)}…` : message;
}
