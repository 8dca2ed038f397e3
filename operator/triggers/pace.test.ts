import { describe, expect, it } from 'vitest';
import { pauseBeforeWrite } from './pace.ts';
import type { TriggersStatus } from './status.ts';

type Condition = TriggersStatus['list'][number]['conditions'][number];
const status = (condition: Partial<Condition> = {}, digest = 'd'): TriggersStatus => ({
  digest,
  list: [
    {
      name: 'nightly',
      type: 'cron',
      conditions: [
        {
          type: 'Connected',
          status: 'True',
          reason: 'TriggerConnected',
          message: 'm',
          observedGeneration: 1,
          lastTransitionTime: '2026-01-01T00:00:00Z',
          ...condition,
        },
      ],
    },
  ],
});

describe('pauseBeforeWrite', () => {
  it('is none of what is the same', () => {
    expect(pauseBeforeWrite(undefined, undefined, Infinity)).toBeUndefined();
    expect(pauseBeforeWrite(status(), status(), 0)).toBeUndefined();
  });

  it.each([
    ['another digest', status({}, 'e')],
    ['another generation', status({ observedGeneration: 2 })],
    ['no trigger left', undefined],
  ])('is over at once for %s', (_, after) => {
    expect(pauseBeforeWrite(status(), after, 0)).toBe(0);
  });

  it.each([
    ['2 s for another state', status({ status: 'False', reason: 'TriggerDisconnected' }), 2_000],
    ['2 s for another reason', status({ reason: 'TriggerInvalid' }), 2_000],
    ['30 s for other words', status({ message: 'n' }), 30_000],
  ])('is %s, counted from the last write', (_, after, pause) => {
    expect(pauseBeforeWrite(status(), after, 500)).toBe(pause - 500);
    expect(pauseBeforeWrite(status(), after, Infinity)).toBe(0);
  });
});
