/** Builders of test objects: valid by default, one aspect set per test. */
import type { Function as CatnapFunction, Trigger } from '#crds/function/types.ts';
import { reasons } from '#crds/wire/reasons.ts';
import { aFunction, inlineSpec } from '../function/fixtures.ts';
import type { KnownTriggerReport } from './reports.ts';

export const cron = { schedule: '* * * * *', timeZone: 'UTC', missedRuns: 'skip', overlap: 'allow' } as const;

export function aTrigger(overrides: Partial<Trigger> = {}): Trigger {
  return {
    name: 'nightly',
    batch: { maxEvents: 1, maxWaitMilliseconds: 200 },
    concurrency: 10,
    cron,
    ...overrides,
  };
}

export function triggered(
  triggers: Trigger[] = [aTrigger()],
  status: CatnapFunction['status'] = {},
): CatnapFunction {
  return aFunction({ spec: inlineSpec({ triggers }), status });
}

export function aReport(overrides: Partial<KnownTriggerReport> = {}): KnownTriggerReport {
  return {
    namespace: 'shop',
    function: 'hello',
    trigger: 'nightly',
    connected: true,
    reason: reasons.triggerConnected,
    message: 'Connected.',
    ...overrides,
  };
}
