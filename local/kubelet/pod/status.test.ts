import type { Pod } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import { type ContainerPhase, newPodModel, type PodModel } from './model.ts';
import { buildPodStatus, podPhase } from './status.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const pod: Pod = {
  metadata: { name: 'web' },
  spec: { containers: [{ name: 'main', image: 'web:1' }] },
};
const running: ContainerPhase = { kind: 'running', id: 'r1', pid: 2, startedAtMs: NOW };
const exited = (exitCode: number): ContainerPhase => ({
  kind: 'exited',
  termination: {
    exitCode,
    reason: 'Error',
    finishedAtMs: NOW,
    startedAtMs: NOW - 1_000,
    containerId: 'catnap://r0',
  },
});

function model(state: ContainerPhase, change: Partial<PodModel['containers'][number]> = {}): PodModel {
  const result = newPodModel(pod, NOW);
  result.prepared = true;
  result.podIp = '127.64.0.1';
  Object.assign(result.containers[0] as object, { state, everStarted: state.kind !== 'waiting', ...change });
  return result;
}
const build = (given: PodModel, of: Pod = pod, before = of.status, nowMs = NOW) =>
  buildPodStatus(of, given, before, { hostIp: '127.0.0.1', nowMs });
const conditions = (status: ReturnType<typeof build>) =>
  Object.fromEntries((status.conditions ?? []).map(({ type, status: value }) => [type, value]));

describe('buildPodStatus', () => {
  it('describes a ready pod', () => {
    const status = build(model(running, { started: true, ready: true }));
    expect(status).toMatchObject({
      phase: 'Running',
      podIP: '127.64.0.1',
      startTime: '2026-01-01T00:00:00Z',
      containerStatuses: [
        {
          name: 'main',
          image: 'web:1',
          ready: true,
          started: true,
          restartCount: 0,
          containerID: 'catnap://r1',
          state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
          lastState: {},
        },
      ],
    });
    expect(conditions(status)).toEqual({
      PodReadyToStartContainers: 'True',
      Initialized: 'True',
      Ready: 'True',
      ContainersReady: 'True',
      PodScheduled: 'True',
    });
  });

  it('names the containers that are not ready', () => {
    const ready = build(model(running)).conditions?.find(({ type }) => type === 'Ready');
    expect(ready).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [main]',
    });
  });

  it('shows a container in back-off as waiting, and how it ended as its last state', () => {
    const [main] = build(model(exited(3), { hold: { reason: 'CrashLoopBackOff' } })).containerStatuses ?? [];
    expect(main).toMatchObject({
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 3, containerID: 'catnap://r0' } },
    });
  });

  it('changes a transition time only with the status of the condition', () => {
    const first = build(model(running));
    const later = build(model(running), pod, first, NOW + 5_000);
    expect(later).toEqual(first);
    const ready = build(model(running, { started: true, ready: true }), pod, first, NOW + 5_000);
    const times = Object.fromEntries(
      (ready.conditions ?? []).map((one) => [one.type, one.lastTransitionTime]),
    );
    expect(times.Ready).toBe('2026-01-01T00:00:05Z');
    expect(times.PodScheduled).toBe('2026-01-01T00:00:00Z');
  });

  it('keeps conditions of others and waits for readiness gates', () => {
    const gated: Pod = {
      ...pod,
      spec: { containers: pod.spec?.containers ?? [], readinessGates: [{ conditionType: 'lb' }] },
      status: { conditions: [{ type: 'lb', status: 'False' }] },
    };
    const status = build(model(running, { started: true, ready: true }), gated);
    expect(conditions(status)).toMatchObject({ ContainersReady: 'True', Ready: 'False', lb: 'False' });
  });

  it('is never ready when it is done', () => {
    const done = model(exited(0));
    done.outcome = { phase: 'Succeeded' };
    expect(build(done).conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'PodCompleted',
    });
  });
});

describe('podPhase', () => {
  it.each([
    ['Pending', { kind: 'waiting', reason: 'ContainerCreating' } as ContainerPhase, 'Always'],
    ['Running', running, 'Always'],
    ['Running', exited(1), 'Always'],
    ['Running', exited(1), 'OnFailure'],
    ['Succeeded', exited(0), 'OnFailure'],
    ['Failed', exited(1), 'Never'],
  ] as const)('%s', (phase, state, policy) => expect(podPhase(model(state), policy)).toBe(phase));
});

describe('newPodModel', () => {
  it('takes a container that ran before as lost, and continues to count', () => {
    const before: Pod = {
      ...pod,
      status: {
        containerStatuses: [
          {
            name: 'main',
            image: '',
            imageID: '',
            ready: true,
            restartCount: 4,
            containerID: 'catnap://old',
            state: { running: { startedAt: '2025-12-31T00:00:00Z' } },
          },
        ],
      },
    };
    const [main] = newPodModel(before, NOW).containers;
    expect(main).toMatchObject({
      restartCount: 4,
      everStarted: true,
      state: { kind: 'exited', termination: { exitCode: 137, reason: 'ContainerStatusUnknown' } },
    });
  });
});
