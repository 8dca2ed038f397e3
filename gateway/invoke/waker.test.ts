import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { FunctionState } from '#gateway/functions/function-state.ts';
import type { Limits } from '#gateway/functions/limits.ts';
import { KubeError } from '#kube/errors.ts';
import { CallQueue } from './call-queue.ts';
import { replicasFor, Waker } from './waker.ts';

const limits = { concurrency: 10, maxReplicas: 5 } as Limits;

it.each([
  [1, 1],
  [10, 1],
  [11, 2],
  [1_000, 5],
])('%i waiting calls want %i pods', (waiting, pods) => {
  expect(replicasFor(waiting, limits)).toBe(pods);
});

function asleep(waiting: number): FunctionState {
  const fn = new FunctionState('shop/hello', limits, undefined);
  fn.queue = new CallQueue();
  for (let i = 0; i < waiting; i++) fn.queue.push({ place: undefined, run() {}, refuse() {} }, 0);
  return fn;
}

it('sets the scale on condition that nobody else changed it, and looks again when somebody did', async () => {
  let version = 1;
  const sets: unknown[] = [];
  const failures: unknown[] = [];
  const client = {
    getScale: async () => ({ metadata: { resourceVersion: String(version) }, spec: {} }),
    setScale: async (
      _type: unknown,
      ref: unknown,
      replicas: number,
      options: { resourceVersion?: string },
    ) => {
      sets.push({ ref, replicas, ...options });
      if (version++ === 1) throw new KubeError({ status: 409, reason: 'Conflict', message: 'changed' });
      fn.queue = undefined;
      return {};
    },
  };
  const waker = new Waker({
    client: client as never,
    log: pino({ level: 'silent' }),
    onFailure: (failed) => failures.push(failed),
    onWoken: () => {},
  });
  const fn = asleep(25);
  waker.wake(fn);
  waker.wake(fn);
  await vi.waitFor(() => expect(sets).toHaveLength(2), { timeout: 2_000, interval: 5 });
  const common = {
    ref: { namespace: 'shop', name: 'fn-hello' },
    replicas: 3,
    fieldManager: 'catnap-gateway',
  };
  expect(sets).toEqual([
    { ...common, resourceVersion: '1' },
    { ...common, resourceVersion: '2' },
  ]);
  expect(failures).toEqual([]);
});
