/**
 * The one vocabulary of what can happen to a function: condition reason = event reason = metric label =
 * problem type = heading in docs/reasons.md.
 */

export const conditionTypes = {
  /** Calls are answered by the function's code; scaled to zero is ready. */
  ready: 'Ready',
  /** At least one replica runs. Deliberately not part of Ready. */
  active: 'Active',
  /** Of a trigger: its events reach the function. */
  connected: 'Connected',
} as const;

export const reasons = {
  // Ready
  loaded: 'Loaded',
  verifying: 'Verifying',
  loadFailed: 'LoadFailed',
  startFailed: 'StartFailed',
  imagePullFailed: 'ImagePullFailed',
  outOfMemory: 'OutOfMemory',
  unschedulable: 'Unschedulable',
  sourceMissing: 'SourceMissing',
  nameConflict: 'NameConflict',
  // Active
  running: 'Running',
  starting: 'Starting',
  asleep: 'Asleep',
  // Connected, as gateways report
  triggerConnected: 'TriggerConnected',
  triggerConnecting: 'TriggerConnecting',
  triggerDisconnected: 'TriggerDisconnected',
  triggerInvalid: 'TriggerInvalid',
  // Connected, as the operator finds
  triggerUnreported: 'TriggerUnreported',
  secretMissing: 'SecretMissing',
  secretForbidden: 'SecretForbidden',
  // Ready or Active
  paused: 'Paused',
  // Events only
  woken: 'Woken',
  scaled: 'Scaled',
  podReplaced: 'PodReplaced',
} as const;
export type Reason = (typeof reasons)[keyof typeof reasons];
