import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import type { Scale } from '#kube/client.ts';
import { systemClock } from '#kube/clock.ts';
import { KubeError } from '#kube/errors.ts';
import { silentLog } from '#kube/log.ts';
import type { Change } from '#kube/watcher.ts';
import type { Caches } from '../caches.ts';
import { createDeletedPods } from '../function/deleted-pods.ts';
import {
  aBorrowedPod,
  aDeployment,
  aFunction,
  aPod,
  inlineSpec,
  withContainer,
} from '../function/fixtures.ts';
import { createFreshest } from '../function/freshest.ts';
import { type Autoscaler, createAutoscaler } from './loop.ts';
import type { LoadSnapshot } from './samples.ts';

const conflict = new KubeError({ status: 409, reason: 'Conflict', message: 'the object has been modified' });
const KEY = 'shop/hello';

/** One function and an API server that holds its scale. */
function stage(start: { fn?: CatnapFunction; replicas: number; pods?: Pod[] }) {
  const server = {
    replicas: start.replicas,
    version: 7,
    writes: [] as number[],
    deleted: [] as string[],
    outage: false,
  };
  const notes: string[] = [];
  const whys: string[] = [];
  const world = {
    fn: start.fn as CatnapFunction | undefined,
    deployment: withLabel(aDeployment(start.replicas)),
    pods: start.pods ?? [],
    /** Pods that wait in a pool by their labels, by name. */
    pooled: [] as string[],
    snapshot: undefined as LoadSnapshot | undefined,
  };
  world.fn ??= loaded();
  const listeners = new Set<(change: Change<Deployment>) => void>();
  const scale = (): Scale => ({
    metadata: { name: 'fn-hello', resourceVersion: String(server.version) },
    spec: { replicas: server.replicas },
  });
  const autoscaler = createAutoscaler({
    client: {
      getScale: async () => scale(),
      async setScale(_type, _ref, replicas, { resourceVersion }) {
        if (server.outage)
          throw new KubeError({ status: 503, reason: 'ServiceUnavailable', message: 'later' });
        if (resourceVersion !== String(server.version)) throw conflict;
        server.version += 1;
        server.replicas = replicas;
        server.writes.push(replicas);
        return scale();
      },
      async delete(_type, { name }) {
        server.deleted.push(name);
      },
    },
    caches: {
      functions: { get: () => world.fn, list: () => (world.fn ? [world.fn] : []), onChange: () => () => {} },
      deployments: {
        get: () => world.deployment,
        onChange: (listener: (change: Change<Deployment>) => void) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      },
      pods: {
        byIndex: () => world.pods,
        get: (_: string, name: string) => {
          const label = world.pooled.includes(name) ? { 'catnap.dev/pool': 'small' } : {};
          return { metadata: { namespace: 'shop', name, uid: `uid-${name}`, labels: label } };
        },
        onChange: () => () => {},
      },
    } as unknown as Caches,
    written: { functions: createFreshest<CatnapFunction>(() => 0) },
    onPoolReports: () => {},
    onTriggerReports: () => {},
    onColdStarts: () => {},
    deleted: createDeletedPods(),
    samples: { read: async () => world.snapshot, close: () => {} },
    recorder: { record: (_, { note }) => void notes.push(note), stop: async () => {} },
    observe: {
      scaled: (why) => void whys.push(why),
      failed: () => void whys.push('failed'),
      informed: () => {},
      ticked: () => {},
    },
    log: silentLog,
    clock: systemClock,
  });
  return { server, notes, whys, world, autoscaler };
}

function withLabel(deployment: Deployment): Deployment {
  return { ...deployment, metadata: { ...deployment.metadata, labels: { 'catnap.dev/function': 'hello' } } };
}

function loaded(
  scaling: Partial<CatnapFunction['spec']['scaling']> = {},
  loadedRevision = 'r1',
): CatnapFunction {
  const spec = inlineSpec();
  return aFunction({
    spec: { ...spec, scaling: { ...spec.scaling, ...scaling } },
    status: { revision: 'r1', loadedRevision },
  });
}

/** Lets the loop run until it wrote, and stops it. */
async function tickUntil(autoscaler: Autoscaler, condition: () => boolean): Promise<void> {
  const stop = new AbortController();
  const running = autoscaler.run(stop.signal);
  for (let i = 0; i < 100 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort();
  await running;
}

describe('the autoscaler', () => {
  it('scales with load and says so', async () => {
    const s = stage({ replicas: 1, pods: [aPod('r1', { ready: true })] });
    s.world.snapshot = {
      of: () => ({ concurrency: 35, arrivals: 35, active: true, complete: true }),
      keys: () => [KEY],
      pools: { claims: [], strays: [], isolates: new Map(), starving: new Map() },
      triggers: [],
      coldStarts: new Map(),
    };
    await tickUntil(s.autoscaler, () => s.server.writes.length > 0);
    expect(s.server.writes).toEqual([5]);
    expect(s.notes).toEqual(['Scaled from 1 to 5 for a burst of calls.']);
    expect(s.autoscaler.desired().get(KEY)).toBe(5);
  });

  it('counts pods that were taken and are not labelled yet, and each once', async () => {
    const s = stage({ replicas: 1, pods: [aPod('r1', { ready: true })] });
    const claim = (name: string, pod: string) => ({
      ...{ namespace: 'shop', function: name, pod, podUid: `uid-${pod}`, revision: 'r1' },
      ...{ claimMs: 5, loadMs: 2 },
    });
    s.world.pooled = ['a', 'b', 'c'];
    const claims = [
      claim('hello', 'a'),
      claim('hello', 'b'),
      claim('hello', 'labelled'),
      claim('other', 'c'),
    ];
    s.world.snapshot = {
      of: () => ({ concurrency: 35, arrivals: 35, active: true, complete: true }),
      keys: () => [KEY],
      pools: { claims, strays: [], isolates: new Map(), starving: new Map() },
      triggers: [],
      coldStarts: new Map(),
    };
    await tickUntil(s.autoscaler, () => s.server.writes.length > 0);
    expect(s.server.writes).toEqual([3]);
  });

  it('wakes a function for verification and says who it was', async () => {
    const s = stage({ fn: loaded({}, 'r0'), replicas: 0 });
    await s.autoscaler.poke(KEY);
    expect(s.server.writes).toEqual([1]);
    expect(s.notes).toEqual(['Woken from 0 to 1 by the operator to verify that its code loads.']);
    expect(s.autoscaler.isOwnScale(KEY, 1)).toBe(true);
  });

  it('decides on what it wrote while the cache is behind', async () => {
    const s = stage({ fn: loaded({ minReplicas: 3 }), replicas: 1 });
    await s.autoscaler.poke(KEY);
    await s.autoscaler.poke(KEY);
    expect(s.server.writes).toEqual([3]);
  });

  it('takes the lock again when only something else about the Deployment changed', async () => {
    const s = stage({ fn: loaded({ minReplicas: 3 }), replicas: 1 });
    s.server.version = 8;
    await s.autoscaler.poke(KEY);
    expect(s.server.writes).toEqual([3]);
  });

  it('gives way to another scaler and decides anew next time', async () => {
    const s = stage({ fn: loaded({ minReplicas: 3 }), replicas: 1 });
    Object.assign(s.server, { version: 8, replicas: 2 });
    await s.autoscaler.poke(KEY);
    expect(s.server.writes).toEqual([]);
    expect(s.whys).toEqual([]);
    s.world.deployment = withLabel(aDeployment(2, { metadata: { resourceVersion: '8' } }));
    await s.autoscaler.poke(KEY);
    expect(s.server.writes).toEqual([3]);
  });

  it('sets code that does not load to zero, unless other pods answer', async () => {
    const fn = loaded({}, 'r0');
    const condition = {
      type: 'Ready',
      status: 'False' as const,
      reason: 'LoadFailed',
      message: '',
      lastTransitionTime: '',
    };
    fn.status = { ...fn.status, conditions: [condition] };
    const bad = withContainer(aPod('r1', { name: 'bad' }), { state: { terminated: { exitCode: 78 } } });
    const alone = stage({ fn, replicas: 1, pods: [bad] });
    await alone.autoscaler.poke(KEY);
    expect(alone.server.writes).toEqual([0]);
    const rolling = stage({ fn, replicas: 1, pods: [bad, aPod('r0', { name: 'good', ready: true })] });
    await rolling.autoscaler.poke(KEY);
    expect(rolling.server.writes).toEqual([]);
  });

  it.each<[string, (world: ReturnType<typeof stage>['world']) => void]>([
    [
      'is paused',
      ({ fn }) => Object.assign(fn?.metadata ?? {}, { annotations: { 'catnap.dev/paused': 'true' } }),
    ],
    ['is being deleted', ({ fn }) => Object.assign(fn?.metadata ?? {}, { deletionTimestamp: 'now' })],
    [
      'has a Deployment of someone else',
      ({ deployment }) => Object.assign(deployment.metadata ?? {}, { ownerReferences: [] }),
    ],
    ['is gone', (world) => Object.assign(world, { fn: undefined })],
  ])('leaves a function alone that %s', async (_what, change) => {
    const s = stage({ fn: loaded({ minReplicas: 3 }), replicas: 0 });
    change(s.world);
    await s.autoscaler.poke(KEY);
    expect(s.server.writes).toEqual([]);
  });

  it('survives an API server that fails', async () => {
    const s = stage({ fn: loaded({ minReplicas: 3 }), replicas: 1 });
    s.server.outage = true;
    await s.autoscaler.poke(KEY);
    expect(s.whys).toEqual(['failed']);
    s.server.outage = false;
    await s.autoscaler.poke(KEY);
    expect(s.server.writes).toEqual([3]);
  });

  it('takes the pool’s pods into account, and deletes them when the function sleeps', async () => {
    const s = stage({ fn: loaded({ idleSeconds: 0 }), replicas: 0, pods: [aBorrowedPod('r1')] });
    s.world.snapshot = {
      of: () => ({ concurrency: 0, arrivals: 0, active: false, complete: true }),
      keys: () => [KEY],
      pools: { claims: [], strays: [], isolates: new Map(), starving: new Map() },
      triggers: [],
      coldStarts: new Map(),
    };
    await tickUntil(s.autoscaler, () => s.server.deleted.length > 0);
    expect(s.server.deleted).toEqual(['warm-1']);
    expect(s.server.writes).toEqual([]);
    expect(s.notes).toEqual(['Scaled from 1 to 0 after its idle time without calls.']);
    // The cache still shows it.
    await s.autoscaler.poke(KEY);
    expect(s.server.deleted).toEqual(['warm-1']);
  });

  it('has the Deployment take over before the pool’s pods go, and says so once', async () => {
    const s = stage({ fn: loaded({ minReplicas: 1 }), replicas: 0, pods: [aBorrowedPod('r1')] });
    await s.autoscaler.poke(KEY);
    s.world.deployment = withLabel(aDeployment(1, { metadata: { resourceVersion: '8' } }));
    await s.autoscaler.poke(KEY);
    expect([s.server.writes, s.server.deleted]).toEqual([[1], []]);
    s.world.pods = [aBorrowedPod('r1'), aPod('r1', { name: 'own', ready: true })];
    await s.autoscaler.poke(KEY);
    expect([s.server.writes, s.server.deleted]).toEqual([[1], ['warm-1']]);
    expect(s.notes).toEqual([
      'Its own Deployment takes over from pods of the pool with 1 pod, for scaling.minReplicas.',
    ]);
    expect(s.whys).toEqual(['take over']);
  });

  it('deletes nothing when somebody else scaled in between', async () => {
    const s = stage({ fn: loaded({ idleSeconds: 0 }), replicas: 1, pods: [aBorrowedPod('r1')] });
    Object.assign(s.server, { version: 8, replicas: 3 });
    s.world.snapshot = {
      of: () => ({ concurrency: 0, arrivals: 0, active: false, complete: true }),
      keys: () => [KEY],
      pools: { claims: [], strays: [], isolates: new Map(), starving: new Map() },
      triggers: [],
      coldStarts: new Map(),
    };
    await tickUntil(s.autoscaler, () => false);
    expect([s.server.writes, s.server.deleted]).toEqual([[], []]);
  });

  it('remembers nothing of a function that sleeps', async () => {
    const s = stage({ replicas: 0 });
    await s.autoscaler.poke(KEY);
    expect(s.autoscaler.desired().size).toBe(0);
  });
});
