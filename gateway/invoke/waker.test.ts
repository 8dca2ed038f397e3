import { pino } from 'pino';
import { beforeEach, expect, it, vi } from 'vitest';
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

type Operation = { op: string; path: string; value: unknown };

/** A Deployment's scale as an API server has it; `before` happens just before each write. */
class Scales {
  replicas = 0;
  version = 1;
  calls: string[] = [];
  /** Whether it leaves out zeros, as Kubernetes does. */
  omitsZero = true;
  before: () => void = () => {};

  readonly client = {
    patch: async (type: object, ref: object, [test, add]: [Operation, Operation], options: object) => {
      expect({ type, ref, options }).toMatchObject({
        type: { plural: 'deployments' },
        ref: { namespace: 'shop', name: 'fn-hello' },
        options: { type: 'json', subresource: 'scale', fieldManager: 'catnap-gateway' },
      });
      expect([test, add]).toEqual([
        { op: 'test', path: '/spec', value: {} },
        { op: 'add', path: '/spec/replicas', value: expect.any(Number) },
      ]);
      this.before();
      if (Object.keys(this.object().spec).length > 0) {
        this.calls.push('patch refused');
        throw new KubeError({ status: 422, reason: 'Invalid', message: 'testing value /spec failed' });
      }
      this.write('patch', add.value as number);
    },
    getScale: async () => {
      this.calls.push('get');
      return this.object();
    },
    setScale: async (_: object, __: object, replicas: number, options: { resourceVersion?: string }) => {
      this.before();
      if (options.resourceVersion !== String(this.version)) {
        this.calls.push('conflict');
        throw new KubeError({ status: 409, reason: 'Conflict', message: 'changed' });
      }
      this.write('set', replicas);
    },
  };

  private object(): { metadata: object; spec: { replicas?: number } } {
    const spec = this.replicas === 0 && this.omitsZero ? {} : { replicas: this.replicas };
    return { metadata: { resourceVersion: String(this.version) }, spec };
  }

  private write(how: string, replicas: number): void {
    this.calls.push(`${how} ${replicas}`);
    this.replicas = replicas;
    this.version += 1;
  }
}

let scales: Scales;
let failures: number;
let woken: number;
function wake(waiting: number): FunctionState {
  const waker = new Waker({
    client: scales.client as never,
    log: pino({ level: 'silent' }),
    onFailure: () => {
      failures += 1;
    },
    onWoken: () => {
      woken += 1;
    },
  });
  const fn = asleep(waiting);
  waker.wake(fn);
  waker.wake(fn);
  return fn;
}
beforeEach(() => {
  scales = new Scales();
  failures = 0;
  woken = 0;
});

/** Resolves once the calls to the API were these; then the queue is emptied, which ends the attempts. */
async function expectCalls(fn: FunctionState, calls: string[]): Promise<void> {
  await vi.waitFor(() => expect(scales.calls).toEqual(calls), { timeout: 2_000, interval: 5 });
  fn.queue = undefined;
  clearTimeout(fn.wake?.timer);
  expect(failures).toBe(0);
}

it('wakes by one call to the API', async () => {
  const fn = wake(25);
  await expectCalls(fn, ['patch 3']);
  expect(woken).toBe(1);
});

it('leaves a scale alone that somebody else raised, be it lower or higher than its own', async () => {
  scales.before = () => {
    scales.replicas = 1;
  };
  await expectCalls(wake(25), ['patch refused', 'get']);
  scales.calls = [];
  scales.before = () => {
    scales.replicas = 5;
  };
  await expectCalls(wake(1), ['patch refused', 'get']);
  expect([scales.replicas, woken]).toEqual([5, 0]);
});

it('wakes where the API writes zeros, on condition that nobody else changed the scale', async () => {
  scales.omitsZero = false;
  let writes = 0;
  scales.before = () => {
    // The first attempt's second write is too late.
    if (++writes === 2) scales.version += 1;
  };
  await expectCalls(wake(25), ['patch refused', 'get', 'conflict', 'patch refused', 'get', 'set 3']);
  expect(woken).toBe(1);
});
