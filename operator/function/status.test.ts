import { describe, expect, it } from 'vitest';
import type { Function as CatnapFunction, FunctionStatus } from '#crds/function/types.ts';
import { sourceMissing } from './conditions.ts';
import { aFunction, aPod, inlineSpec, withContainer } from './fixtures.ts';
import { functionStatus, needsVerification, type Observation } from './status.ts';

const early = Date.parse('2026-01-01T00:00:00.000Z');
const late = Date.parse('2026-01-01T01:00:00.000Z');

function observe(overrides: Partial<Observation> = {}): FunctionStatus {
  return functionStatus({
    fn: aFunction(),
    revision: 'r1',
    obstacle: undefined,
    pods: [],
    wantedReplicas: 0,
    podRefusal: undefined,
    launch: undefined,
    windows: undefined,
    coldStart: undefined,
    gatewayUrl: 'http://localhost:8080',
    nowMs: early,
    ...overrides,
  });
}

const withStatus = (status: FunctionStatus, overrides: Partial<CatnapFunction> = {}) =>
  aFunction({ status, ...overrides });
const ready = (status: FunctionStatus) => status.conditions?.find(({ type }) => type === 'Ready');
const active = (status: FunctionStatus) => status.conditions?.find(({ type }) => type === 'Active');
const failing = (revision: string, name = 'bad') =>
  withContainer(aPod(revision, { name }), {
    state: {
      terminated: {
        exitCode: 78,
        message: '{"reason":"LoadFailed","message":"boom","file":"a.mjs","line":1}',
      },
    },
  });

describe('a new function', () => {
  it('gets every condition on the first visit', () => {
    const status = observe({ wantedReplicas: 1 });
    expect(status).toMatchObject({
      observedGeneration: 1,
      replicas: 0,
      readyReplicas: 0,
      selector: 'catnap.dev/function=hello',
      url: 'http://localhost:8080/fn/shop/hello',
      revision: 'r1',
    });
    expect(ready(status)).toEqual({
      type: 'Ready',
      status: 'Unknown',
      reason: 'Verifying',
      message: 'Waiting for a pod of revision r1 to load the code.',
      observedGeneration: 1,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    });
    expect(active(status)).toMatchObject({ status: 'False', reason: 'Starting' });
    expect(needsVerification(withStatus(status))).toBe(true);
  });

  it('is loaded and running when a pod of its revision is ready', () => {
    const status = observe({ pods: [aPod('r1', { ready: true })], wantedReplicas: 1 });
    expect(ready(status)).toMatchObject({ status: 'True', reason: 'Loaded' });
    expect(active(status)).toMatchObject({ status: 'True', reason: 'Running' });
    expect(status).toMatchObject({ loadedRevision: 'r1', replicas: 1, readyReplicas: 1 });
    expect(needsVerification(withStatus(status))).toBe(false);
  });

  it('does not pass for loaded by a pod of another revision', () => {
    const status = observe({ pods: [aPod('r0', { ready: true })], wantedReplicas: 1 });
    expect(ready(status)).toMatchObject({ status: 'Unknown', reason: 'Verifying' });
    expect(active(status)).toMatchObject({ status: 'True' });
    expect(status.loadedRevision).toBeUndefined();
  });
});

describe('a function that was seen to load', () => {
  const running = observe({ pods: [aPod('r1', { ready: true })], wantedReplicas: 1 });

  it('sleeps as Ready=True, Active=False', () => {
    const status = observe({ fn: withStatus(running), nowMs: late });
    expect(ready(status)).toMatchObject({
      status: 'True',
      reason: 'Loaded',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    });
    expect(active(status)).toMatchObject({
      status: 'False',
      reason: 'Asleep',
      lastTransitionTime: '2026-01-01T01:00:00Z',
    });
  });

  it('keeps the very same status when nothing changed', () => {
    const pods = [aPod('r1', { ready: true })];
    expect(observe({ fn: withStatus(running), pods, wantedReplicas: 1, nowMs: late })).toEqual(running);
  });

  it('stays loaded while it starts again', () => {
    const status = observe({ fn: withStatus(running), pods: [aPod('r1')], wantedReplicas: 1 });
    expect(ready(status)).toMatchObject({ status: 'True', reason: 'Loaded' });
    expect(active(status)).toMatchObject({ reason: 'Starting' });
  });

  it('is not ready when its pods stopped starting', () => {
    const pod = withContainer(aPod('r1'), {
      state: { waiting: { reason: 'ImagePullBackOff', message: 'gone' } },
    });
    const status = observe({ fn: withStatus(running), pods: [pod], wantedReplicas: 1 });
    expect(ready(status)).toMatchObject({ status: 'False', reason: 'ImagePullFailed' });
  });
});

describe('code that does not load', () => {
  const failed = observe({ pods: [failing('r1')], wantedReplicas: 1 });

  it('is named with file and line', () => {
    expect(ready(failed)).toMatchObject({
      status: 'False',
      reason: 'LoadFailed',
      message: 'The code does not load: boom (a.mjs:1)',
    });
  });

  it.each([
    ['its pods are gone', []],
    ['the next try runs', [aPod('r1')]],
  ])('stays on record while %s', (_when, pods) => {
    expect(ready(observe({ fn: withStatus(failed), pods }))).toMatchObject({
      reason: 'LoadFailed',
      message: 'The code does not load: boom (a.mjs:1)',
    });
  });

  it('is healed by a try that loads', () => {
    const status = observe({ fn: withStatus(failed), pods: [aPod('r1', { ready: true })] });
    expect(ready(status)).toMatchObject({ status: 'True', reason: 'Loaded' });
  });

  it('is forgotten with the next revision', () => {
    expect(ready(observe({ fn: withStatus(failed), revision: 'r2' }))).toMatchObject({ reason: 'Verifying' });
  });

  it('says that pods of an earlier revision still answer', () => {
    const status = observe({ pods: [failing('r2'), aPod('r1', { ready: true })], revision: 'r2' });
    expect(ready(status)?.message).toMatch(/\[1 pod of an earlier revision still answer calls\]$/);
  });
});

describe('a function out of memory', () => {
  const killed = withContainer(aPod('r1'), {
    state: { running: {} },
    lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
    restartCount: 1,
  });
  const loadedOnce = observe({ pods: [aPod('r1', { ready: true })], wantedReplicas: 1 });
  const resources = { limits: { memory: '128Mi' } };

  it('says which field limits it and what helps, until a pod takes calls again', () => {
    const fn = withStatus(loadedOnce, { spec: inlineSpec({ resources }) });
    const status = observe({ fn, pods: [killed], wantedReplicas: 1 });
    expect(ready(status)).toMatchObject({
      status: 'False',
      reason: 'OutOfMemory',
      message:
        'The container took more memory than spec.resources.limits.memory (128Mi) and was ended. Raise that limit, or hold less in memory; calls of one pod share it, and scaling.concurrency says how many there are.',
    });
    const others = [killed, aPod('r1', { name: 'other', ready: true })];
    expect(ready(observe({ fn, pods: others }))?.reason).toBe('Loaded');
  });

  it('names the default when the user gave no limit', () => {
    const status = observe({ fn: withStatus(loadedOnce), pods: [killed], wantedReplicas: 1 });
    expect(ready(status)?.message).toContain('spec.resources.limits.memory (512Mi, the default)');
  });
});

describe('a pod that no node takes', () => {
  it('is reported with the counts of the scheduler and what helps', () => {
    const message =
      '0/2 nodes are available: 2 Insufficient memory. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.';
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }];
    const pod = { ...aPod('r1'), status: { phase: 'Pending', conditions } };
    expect(ready(observe({ pods: [pod], wantedReplicas: 1 }))).toMatchObject({
      status: 'False',
      reason: 'Unschedulable',
      message:
        'No node takes the pod: 0/2 nodes are available: 2 Insufficient memory. Lower spec.resources.requests, free capacity or add a node.',
    });
  });
});

describe('obstacles', () => {
  it('name what is missing and keep the last known revision', () => {
    const fn = withStatus(observe({ pods: [aPod('r1', { ready: true })] }));
    const status = observe({ fn, revision: undefined, obstacle: sourceMissing('code') });
    expect(ready(status)).toMatchObject({ status: 'False', reason: 'SourceMissing' });
    expect(ready(status)?.message).toContain('ConfigMap "code"');
    expect(status).toMatchObject({ revision: 'r1', loadedRevision: 'r1' });
  });
});

describe('the way of warm pods', () => {
  const launch = { pool: 'nodejs26-0123456789', digest: 'd' };
  const loaded = observe({ pods: [aPod('r1', { ready: true })] });

  it('is shown when there is one', () => {
    expect(observe({ fn: withStatus(loaded), launch }).launch).toEqual(launch);
    expect(observe({ fn: withStatus({ ...loaded, launch }) })).not.toHaveProperty('launch');
  });

  it.each<[string, Partial<Observation>]>([
    ['the function’s own pods cannot be brought about', { obstacle: sourceMissing('code') }],
    ['the code does not load any more', { pods: [failing('r1')] }],
  ])('is not shown when %s', (_, overrides) => {
    expect(observe({ fn: withStatus(loaded), launch, ...overrides })).not.toHaveProperty('launch');
  });

  it('stays what it was while the function is paused', () => {
    const metadata = { name: 'hello', namespace: 'shop', annotations: { 'catnap.dev/paused': 'true' } };
    const fn = withStatus({ ...loaded, launch }, { metadata });
    expect(observe({ fn, revision: 'r2' }).launch).toEqual(launch);
  });
});

describe('a paused function', () => {
  const metadata = {
    name: 'hello',
    namespace: 'shop',
    generation: 2,
    annotations: { 'catnap.dev/paused': 'true' },
  };

  it('keeps its readiness and says in the message what it was', () => {
    const before = observe({ pods: [aPod('r1', { ready: true })] });
    const status = observe({ fn: withStatus(before, { metadata }), revision: 'r2', nowMs: late });
    expect(ready(status)).toMatchObject({
      status: 'True',
      reason: 'Paused',
      message: 'Paused by the annotation catnap.dev/paused; before: Loaded: The code was seen to load.',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    });
    expect(status).toMatchObject({ revision: 'r1', observedGeneration: 1 });
    const again = observe({ fn: withStatus(status, { metadata }), revision: 'r2', nowMs: late });
    expect(again).toEqual(status);
  });

  it('is Unknown when it was paused from the start', () => {
    expect(ready(observe({ fn: aFunction({ metadata }) }))).toMatchObject({
      status: 'Unknown',
      reason: 'Paused',
    });
  });
});
