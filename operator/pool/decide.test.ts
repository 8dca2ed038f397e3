import { describe, expect, it } from 'vitest';
import { aFunction, withContainer } from '../function/fixtures.ts';
import { decidePool, type PoolSituation, spentSinceMs } from './decide.ts';
import { aWarmPod, POOL } from './fixtures.ts';
import { poolDeployment } from './resources.ts';
import { shapeOf } from './shape.ts';

const settings = { runtimeImage: 'runtime:1', encryptionKey: Buffer.alloc(32), spareThreads: 8 };
const desired = poolDeployment('shop', shapeOf(aFunction()), settings);
const live = structuredClone(desired);
const decide = (situation: Partial<PoolSituation>) =>
  decidePool({ pool: POOL, desired, isUsed: true, live: undefined, ...situation });

describe('decidePool', () => {
  const newer = poolDeployment('shop', shapeOf(aFunction()), { ...settings, runtimeImage: 'runtime:2' });
  const foreign = { ...live, metadata: { ...live.metadata, labels: {} } };
  const leaving = { ...live, metadata: { ...live.metadata, deletionTimestamp: 'now' } };

  it.each<[string, Partial<PoolSituation>, string]>([
    ['makes one that is used', {}, 'apply'],
    ['makes none that nobody is sent to', { isUsed: false }, 'none'],
    ['makes none where there are no warm pods', { desired: undefined }, 'none'],
    ['leaves one as it is', { live }, 'none'],
    ['keeps one that nobody is sent to for a while', { live, isUsed: false }, 'none'],
    ['brings one up to date', { live, desired: newer }, 'apply'],
    ['removes one that no function fits', { live, desired: undefined, isUsed: false }, 'delete'],
    ['waits for one to go', { live: leaving, desired: undefined }, 'none'],
    ['does not take somebody else’s', { live: foreign }, 'leave to its owner'],
    ['does not remove somebody else’s', { live: foreign, desired: undefined }, 'none'],
  ])('%s', (_, situation, expected) => expect(decide(situation)).toBe(expected));
});

describe('a used-up pod', () => {
  const nowMs = Date.parse('2026-01-01T00:00:10Z');
  const ended = (exitCode: number) => ({ terminated: { exitCode, finishedAt: '2026-01-01T00:00:04Z' } });

  it.each([
    ['is one whose container ended for code that does not load', { state: ended(78) }, 6_000],
    ['is one that starts again', { state: { running: {} }, lastState: ended(78) }, 6_000],
    ['is none that ended otherwise', { state: ended(1) }, undefined],
    ['is none that waits', { state: { running: {} } }, undefined],
  ])('%s', (_, container, expected) => {
    expect(spentSinceMs(withContainer(aWarmPod(), container), nowMs)).toBe(expected);
  });

  it('is none that goes anyway', () => {
    const pod = withContainer(aWarmPod('w', { deleting: true }), { state: ended(78) });
    expect(spentSinceMs(pod, nowMs)).toBeUndefined();
  });
});
