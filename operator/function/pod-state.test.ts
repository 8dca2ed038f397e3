import type { ContainerStatus, Pod } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import { aGatedPod } from '../pool/fixtures.ts';
import { aPod, withContainer } from './fixtures.ts';
import { podState } from './pod-state.ts';

const ended = (exitCode: number, message?: string, reason = 'Error') => ({
  terminated: { exitCode, message, reason },
});
const withState = (status: Partial<ContainerStatus>) => podState(withContainer(aPod('r'), status));
const loadFailure = JSON.stringify({
  reason: 'LoadFailed',
  message: 'SyntaxError: Unexpected token',
  file: 'index.mjs',
  line: 3,
});

describe('podState', () => {
  it('is ready by the pod condition', () => {
    expect(podState(aPod('r', { ready: true }))).toEqual({ kind: 'ready' });
  });

  it('is starting while the container is created', () => {
    expect(withState({ state: { waiting: { reason: 'ContainerCreating' } } })).toEqual({ kind: 'starting' });
  });

  it('says why a pod finds no node', () => {
    const status = {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes' }],
    };
    expect(podState({ ...aPod('r'), status } as Pod)).toEqual({
      kind: 'unschedulable',
      message: '0/1 nodes',
    });
  });

  it('takes a pod that is held back for one on its way', () => {
    expect(podState(aGatedPod('warm'))).toEqual({ kind: 'starting' });
  });

  it.each([
    ['as it ends', { state: ended(78, loadFailure) }],
    [
      'in back-off',
      {
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: ended(78, loadFailure),
        restartCount: 1,
      },
    ],
    ['during the next try', { state: { running: {} }, lastState: ended(78, loadFailure), restartCount: 1 }],
  ])('names file and line of code that does not load, %s', (_when, status) => {
    expect(withState(status)).toEqual({
      kind: 'loadFailed',
      message: 'SyntaxError: Unexpected token (index.mjs:3)',
    });
  });

  it('forgets a load failure once the pod is ready', () => {
    const pod = withContainer(aPod('r', { ready: true }), { lastState: ended(78, loadFailure) });
    expect(podState(pod)).toEqual({ kind: 'ready' });
  });

  it('sees a blocked runtime even after its container restarted', () => {
    const message = JSON.stringify({ reason: 'Blocked', message: 'a call ran for 31 s' });
    const pod = withContainer(aPod('r', { ready: true }), {
      lastState: ended(124, message),
      restartCount: 1,
    });
    expect(podState(pod)).toEqual({ kind: 'blocked', message: 'a call ran for 31 s' });
  });

  it.each(['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull'])(
    'is an image failure in %s',
    (reason) => {
      expect(withState({ state: { waiting: { reason, message: 'no such image' } } })).toEqual({
        kind: 'imagePullFailed',
        message: `${reason}: no such image`,
      });
    },
  );

  it.each([
    [
      'its last words',
      ended(1, 'cannot open /data', 'Error'),
      'exited with code 1 (Error): cannot open /data',
    ],
    ['a signal', ended(137), 'exited with code 137 (Error)'],
    ['success, which no server should have', ended(0, '', 'Completed'), 'exited with code 0 (Completed)'],
  ])('explains a crash loop by %s', (_what, lastState, message) => {
    const state = { waiting: { reason: 'CrashLoopBackOff' } };
    expect(withState({ state, lastState, restartCount: 2 })).toEqual({ kind: 'startFailed', message });
  });

  it('does not judge by a first exit, which may be repaired by the restart', () => {
    expect(withState({ state: ended(1) })).toEqual({ kind: 'starting' });
    expect(withState({ lastState: ended(137), restartCount: 1 })).toEqual({ kind: 'starting' });
  });

  it('takes repeated short runs for a failure to start, and a crash after serving for a crash', () => {
    const ran = (seconds: number) => ({
      terminated: {
        exitCode: 1,
        startedAt: '2026-01-01T00:00:00Z',
        finishedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString(),
      },
    });
    expect(withState({ lastState: ran(1), restartCount: 2 }).kind).toBe('startFailed');
    expect(withState({ lastState: ran(60), restartCount: 2 }).kind).toBe('starting');
  });

  describe('knows a container that ran out of memory', () => {
    const killed = ended(137, undefined, 'OOMKilled');
    const aborted = ended(
      139,
      'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    );

    it.each([
      ['as it ends', { state: killed }, { what: 'container', heldBack: false }],
      [
        'starting again',
        { state: { running: {} }, lastState: killed },
        { what: 'container', heldBack: false },
      ],
      [
        'held back',
        { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: killed },
        { what: 'container', heldBack: true },
      ],
      [
        'by its full heap',
        { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: aborted },
        { what: 'heap', heldBack: true },
      ],
    ])('%s', (_, status, expected) => {
      expect(withState({ ...status, restartCount: 1 })).toEqual({ kind: 'outOfMemory', ...expected });
    });

    it('and forgets it when it takes calls again', () => {
      const pod = withContainer(aPod('r', { ready: true }), { lastState: killed, restartCount: 1 });
      expect(podState(pod)).toEqual({ kind: 'ready' });
    });

    it('and prefers what hinders the next start', () => {
      const state = { waiting: { reason: 'CreateContainerConfigError', message: 'secret "keys" not found' } };
      expect(withState({ state, lastState: killed }).kind).toBe('startFailed');
    });
  });

  it('is blocked too when the runtime said so and had to be killed', () => {
    const message = JSON.stringify({ reason: 'Blocked', message: 'stuck in a system call' });
    expect(withState({ lastState: ended(137, message), restartCount: 1 })).toMatchObject({ kind: 'blocked' });
  });

  it('reports a container that cannot be made', () => {
    const state = { waiting: { reason: 'CreateContainerConfigError', message: 'secret "keys" not found' } };
    expect(withState({ state })).toEqual({
      kind: 'startFailed',
      message:
        'CreateContainerConfigError: secret "keys" not found. Create it in this namespace, correct spec.env or spec.envFrom, or make it optional there.',
    });
  });

  it.each([
    ['deleted', aPod('r', { ready: true, deleting: true })],
    ['evicted', { ...aPod('r'), status: { phase: 'Failed' as const, reason: 'Evicted' } }],
  ])('does not count a pod that was %s', (_how, pod) => {
    expect(podState(pod)).toEqual({ kind: 'leaving' });
  });

  it('bounds what user code can put into a message', () => {
    const message = JSON.stringify({ reason: 'LoadFailed', message: 'x'.repeat(4000) });
    const state = withState({ state: ended(78, message) });
    expect(state.kind === 'loadFailed' && state.message.length).toBeLessThanOrEqual(900);
  });
});
