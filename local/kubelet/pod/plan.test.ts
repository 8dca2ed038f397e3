import type { Pod } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import { type ContainerPhase, newPodModel, type PodModel } from './model.ts';
import { planPod, type RestartPolicy } from './plan.ts';

const NOW = 1_000_000;
const running: ContainerPhase = { kind: 'running', id: 'x', pid: 2, startedAtMs: 0 };
const exited = (exitCode: number): ContainerPhase => ({
  kind: 'exited',
  termination: { exitCode, reason: '', finishedAtMs: NOW },
});

function model(
  states: Record<string, ContainerPhase | undefined>,
  change: (pod: PodModel) => void = () => {},
) {
  const names = Object.keys(states);
  const container = (name: string) => ({
    name,
    ...(name.startsWith('side') ? { restartPolicy: 'Always' } : {}),
  });
  const spec = {
    initContainers: names.filter((name) => /^(init|side)/.test(name)).map(container),
    containers: names.filter((name) => name.startsWith('main')).map(container),
  };
  const result = newPodModel({ spec } as Pod, NOW);
  for (const one of result.containers) {
    one.state = states[one.name] ?? one.state;
    one.started = one.state.kind === 'running';
  }
  // Main containers run only in pods that are initialized.
  if (result.containers.some(({ role, state }) => role === 'main' && state.kind !== 'waiting')) {
    result.initialized = true;
  }
  change(result);
  return result;
}

const plan = (pod: PodModel, policy: RestartPolicy = 'Always') => {
  const { start, stop, finish } = planPod(pod, policy, NOW);
  return { start, ...(stop.length > 0 ? { stop } : {}), ...(finish ? { finish } : {}) };
};

describe('planPod', () => {
  it.each<[string, Record<string, ContainerPhase | undefined>, RestartPolicy, object]>([
    [
      'starts all main containers',
      { main: undefined, main2: undefined },
      'Always',
      { start: ['main', 'main2'] },
    ],
    [
      'starts only the first init container',
      { init: undefined, init2: undefined, main: undefined },
      'Always',
      { start: ['init'] },
    ],
    ['waits for a running init container', { init: running, main: undefined }, 'Always', { start: [] }],
    [
      'goes on after an init container',
      { init: exited(0), init2: undefined, main: undefined },
      'Never',
      { start: ['init2'] },
    ],
    [
      'starts main containers after the last one',
      { init: exited(0), main: undefined },
      'Never',
      { start: ['main'] },
    ],
    [
      'tries a failed init container again',
      { init: exited(1), main: undefined },
      'Always',
      { start: ['init'] },
    ],
    [
      'fails with its init container under Never',
      { init: exited(1), main: undefined },
      'Never',
      { start: [], finish: 'Failed' },
    ],
    [
      'starts a sidecar before what follows',
      { side: undefined, init: undefined, main: undefined },
      'Always',
      { start: ['side'] },
    ],
    [
      'goes on beside a started sidecar',
      { side: running, init: undefined, main: undefined },
      'Always',
      { start: ['init'] },
    ],
    [
      'stops sidecars when the work is done',
      { side: running, main: exited(0) },
      'Never',
      { start: [], stop: ['side'] },
    ],
    [
      'does not restart sidecars then',
      { side: exited(0), main: exited(0) },
      'Never',
      { start: [], finish: 'Succeeded' },
    ],
    ['restarts after success under Always', { main: exited(0) }, 'Always', { start: ['main'] }],
    [
      'restarts only failures under OnFailure',
      { main: exited(1), main2: exited(0) },
      'OnFailure',
      { start: ['main'] },
    ],
    ['succeeds under OnFailure', { main: exited(0) }, 'OnFailure', { start: [], finish: 'Succeeded' }],
    [
      'fails under Never when one failed',
      { main: exited(0), main2: exited(2) },
      'Never',
      { start: [], finish: 'Failed' },
    ],
    ['waits for all under Never', { main: running, main2: exited(2) }, 'Never', { start: [] }],
  ])('%s', (_what, states, policy, expected) => expect(plan(model(states), policy)).toEqual(expected));

  it('keeps a crashing container back and says when to look again', () => {
    const pod = model({ main: exited(1) }, ({ containers: [main] }) => {
      if (main) main.backoff = { delayMs: 20_000, updatedAtMs: NOW - 5_000 };
    });
    const result = planPod(pod, 'Always', NOW);
    expect(result.start).toEqual([]);
    expect(result.wakeAtMs).toBe(NOW + 20_000);
    expect(result.holds.get('main')).toEqual({
      reason: 'CrashLoopBackOff',
      message: 'back-off 20s restarting failed container=main',
    });
    expect(planPod(pod, 'Always', NOW + 20_000).start).toEqual(['main']);
  });

  it('shows a failed image first as an error, then as waiting for the next attempt', () => {
    const state: ContainerPhase = { kind: 'waiting', reason: 'ErrImagePull', message: 'no' };
    const pod = model({ main: state }, ({ containers: [main] }) => {
      if (!main) return;
      main.retryAtMs = NOW + 10_000;
      main.imageBackoff = { delayMs: 10_000, updatedAtMs: NOW };
    });
    expect(planPod(pod, 'Always', NOW)).toMatchObject({ start: [], wakeAtMs: NOW + 1_000 });
    expect(planPod(pod, 'Always', NOW).holds.size).toBe(0);
    expect(planPod(pod, 'Always', NOW + 1_000).holds.get('main')?.reason).toBe('ImagePullBackOff');
    expect(planPod(pod, 'Always', NOW + 10_000).start).toEqual(['main']);
  });
});
