import type { FunctionCondition } from '#crds/function/types.ts';
import { type Reason, reasons } from '#crds/wire/reasons.ts';
import type { Finding } from '../function/conditions.ts';
import type { KnownTriggerReport } from './reports.ts';

export const reported = ({ connected, reason, message }: KnownTriggerReport): Finding => ({
  status: connected ? 'True' : 'False',
  reason,
  message,
});

export const awaited = (): Finding => ({
  status: 'Unknown',
  reason: reasons.triggerConnecting,
  message: 'Waiting for a gateway to run it.',
});

export const unreported = (silenceMs: number): Finding => ({
  status: 'Unknown',
  reason: reasons.triggerUnreported,
  message: `No gateway has reported on it for ${silenceMs / 1000} s. See whether gateways and Redis run, and are of the operator's version.`,
});

export const notHandedOver = (): Finding => ({
  status: 'Unknown',
  reason: reasons.triggerUnreported,
  message:
    'The operator has no encryption key, so that it cannot hand triggers to gateways. Whoever keeps the platform sets CATNAP_ENCRYPTION_KEY, the same for operator and gateways.',
});

export const secretMissing = (name: string): Finding => ({
  status: 'False',
  reason: reasons.secretMissing,
  message: `Secret "${name}", which secretRef names, does not exist in this namespace. Create it or correct the name.`,
});

export const secretForbidden = (name: string): Finding => ({
  status: 'False',
  reason: reasons.secretForbidden,
  message: `The operator may not read Secret "${name}", which secretRef names. Whoever keeps the platform can allow it: functions.triggers.secrets=true in the chart.`,
});

export const credentialsTooLarge = (name: string): Finding => ({
  status: 'False',
  reason: reasons.triggerInvalid,
  message: `Secret "${name}", which secretRef names, holds more than 64 KiB. Make a Secret with nothing but the credentials.`,
});

const heard: ReadonlySet<string> = new Set<Reason>([
  reasons.triggerConnected,
  reasons.triggerConnecting,
  reasons.triggerDisconnected,
  reasons.triggerInvalid,
]);

/** Whether a condition may rest on what a gateway said. */
export function isHearsay({ reason }: FunctionCondition): boolean {
  return heard.has(reason);
}
