import { describe, expect, it } from 'vitest';
import type { Function as CatnapFunction, FunctionCondition } from '#crds/function/types.ts';
import { reasons } from '#crds/wire/reasons.ts';
import { secretMissing } from './conditions.ts';
import { triggerEvents } from './events.ts';
import { aReport, aTrigger, triggered } from './fixtures.ts';
import type { Hearsay } from './report-book.ts';
import { type TriggersObservation, triggersStatus } from './status.ts';

const NOW = '2026-01-01T00:00:00Z';
const said = (overrides: Parameters<typeof aReport>[0] = {}): Hearsay => ({
  report: aReport(overrides),
  leftMs: 30_000,
});
const nothingYet: Hearsay = { report: undefined, leftMs: 10_000 };
const silence: Hearsay = { report: undefined, leftMs: 0 };

const observe = (fn: CatnapFunction, hearsay: Hearsay, more: Partial<TriggersObservation> = {}) =>
  triggersStatus({
    fn,
    digest: 'd',
    obstacles: new Map(),
    hear: () => hearsay,
    nowMs: Date.parse(NOW),
    ...more,
  });
const conditionOf = (status: ReturnType<typeof triggersStatus>) => status?.list[0]?.conditions[0];
const statusWith = (condition: Partial<FunctionCondition>, type = 'cron'): CatnapFunction['status'] => ({
  triggers: {
    digest: 'd',
    list: [
      {
        name: 'nightly',
        type,
        conditions: [
          {
            type: 'Connected',
            status: 'True',
            reason: 'TriggerConnected',
            message: 'Connected.',
            observedGeneration: 1,
            lastTransitionTime: '2025-12-01T00:00:00Z',
            ...condition,
          },
        ],
      },
    ],
  },
});

describe('the status of triggers', () => {
  it('is none without triggers', () => {
    expect(observe(triggered([]), nothingYet)).toBeUndefined();
  });

  it('has the digest, and what a gateway reports of each', () => {
    expect(observe(triggered(), said())).toEqual({
      digest: 'd',
      list: [
        {
          name: 'nightly',
          type: 'cron',
          conditions: [
            {
              type: 'Connected',
              status: 'True',
              reason: 'TriggerConnected',
              message: 'Connected.',
              observedGeneration: 1,
              lastTransitionTime: NOW,
            },
          ],
        },
      ],
    });
  });

  it('is the same as before, its times too, when nothing changed', () => {
    const fn = triggered(undefined, statusWith({}));
    expect(observe(fn, said())).toEqual(fn.status?.triggers);
  });

  it('waits for a gateway with a new trigger, and with one that had an obstacle', () => {
    const waiting = { status: 'Unknown', reason: 'TriggerConnecting' };
    expect(conditionOf(observe(triggered(), nothingYet))).toMatchObject(waiting);
    const fn = triggered(undefined, statusWith({ status: 'False', reason: 'SecretMissing' }));
    expect(conditionOf(observe(fn, nothingYet))).toMatchObject(waiting);
    const other = triggered(undefined, statusWith({}, 'kafka'));
    expect(conditionOf(observe(other, nothingYet))).toMatchObject(waiting);
  });

  it('leaves standing what was said before, of the generation that it was said of, until there is news', () => {
    const { metadata, ...rest } = triggered(undefined, statusWith({}));
    const fn = { ...rest, metadata: { ...metadata, generation: 2 } };
    expect(conditionOf(observe(fn, nothingYet))).toMatchObject({ status: 'True', observedGeneration: 1 });
    expect(conditionOf(observe(fn, said()))).toMatchObject({ status: 'True', observedGeneration: 2 });
  });

  it('is unknown when no gateway says anything', () => {
    const condition = conditionOf(observe(triggered(undefined, statusWith({})), silence));
    expect(condition).toMatchObject({
      status: 'Unknown',
      reason: 'TriggerUnreported',
      lastTransitionTime: NOW,
    });
    expect(condition?.message).toMatch(/for 30 s/);
  });

  it('says what is in the way, whatever a gateway still reports', () => {
    const obstacles = new Map([['nightly', secretMissing('broker')]]);
    const status = observe(triggered(), said(), { obstacles, digest: undefined });
    expect(status).not.toHaveProperty('digest');
    expect(conditionOf(status)).toMatchObject({ status: 'False', reason: 'SecretMissing' });
  });
});

describe('events', () => {
  const seen = (hearsay: Hearsay) => observe(triggered([aTrigger()]), hearsay);
  const lost = said({ connected: false, reason: reasons.triggerDisconnected, message: 'Refused.' });

  it('tell of a change, by its reason', () => {
    expect(triggerEvents(undefined, seen(said()))).toMatchObject([
      { type: 'Normal', reason: 'TriggerConnected' },
    ]);
    expect(triggerEvents(seen(said()), seen(lost))).toEqual([
      {
        type: 'Warning',
        action: 'Connect',
        reason: 'TriggerDisconnected',
        note: 'Trigger "nightly": Refused.',
      },
    ]);
  });

  it('tell nothing of what stays, waits or goes', () => {
    expect(triggerEvents(seen(lost), seen(lost))).toEqual([]);
    expect(triggerEvents(undefined, seen(nothingYet))).toEqual([]);
    expect(triggerEvents(seen(said()), seen(silence))).toEqual([]);
    expect(triggerEvents(seen(said()), undefined)).toEqual([]);
  });
});
