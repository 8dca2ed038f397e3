import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import type { KubeObject, ResourceType } from '#kube/client.ts';
import { KubeError } from '#kube/errors.ts';
import { silentLog } from '#kube/log.ts';
import { createFakeClock } from '#kube/testing/fake-clock.ts';
import { aFunction, withContainer } from '../function/fixtures.ts';
import { createPoolController, type PoolControllerOptions } from './controller.ts';
import { aPooledFunction, aWarmPod, POOL, POOL_KEY } from './fixtures.ts';

const notFound = new KubeError({ status: 404, reason: 'NotFound', message: 'not found' });
type Listener = (change: { key: string; current?: KubeObject; previous?: KubeObject }) => void;

/** Functions, pods, and an API server that keeps the Deployment of their pool; its watch is as fast as it can be. */
async function stage(start: {
  functions?: CatnapFunction[];
  replicas?: number;
  foreign?: Deployment;
  off?: boolean;
}) {
  const clock = createFakeClock();
  const listeners: Record<string, Listener[]> = { functions: [], deployments: [], pods: [] };
  const server = { deployment: undefined as Deployment | undefined, version: 1, foreign: start.foreign };
  const writes: string[] = [];
  const world = { functions: start.functions ?? [aPooledFunction()], pods: [] as Pod[] };
  const key = `shop/pool-${POOL}`;
  const tell = (kind: string, change: { current?: KubeObject; previous?: KubeObject }) => {
    for (const listener of listeners[kind] ?? []) listener({ key, ...change });
  };
  const put = (deployment: Deployment) => {
    const previous = server.deployment;
    server.version += 1;
    const metadata = { ...previous?.metadata, ...deployment.metadata, resourceVersion: `${server.version}` };
    const replicas = deployment.spec?.replicas ?? previous?.spec?.replicas ?? 1;
    const current = { ...deployment, metadata, spec: { ...deployment.spec, replicas } } as Deployment;
    server.deployment = current;
    tell('deployments', { current, ...(previous ? { previous } : {}) });
    return current;
  };
  const client = {
    get: async () => server.deployment ?? server.foreign ?? Promise.reject(notFound),
    async apply(_type: unknown, object: Deployment) {
      writes.push('apply');
      return put(object);
    },
    async delete(type: ResourceType<KubeObject>, ref: { name: string }) {
      writes.push(`delete ${type.kind} ${ref.name}`);
      const previous = server.deployment;
      if (type.kind !== 'Deployment' || !previous) return;
      server.deployment = undefined;
      tell('deployments', { previous });
    },
    async setScale(_type: unknown, _ref: unknown, replicas: number) {
      writes.push(`scale ${replicas}`);
      const { deployment } = server;
      return deployment && put({ ...deployment, spec: { ...deployment.spec, replicas } } as Deployment);
    },
  } as unknown as PoolControllerOptions['client'];
  const cache = (kind: string, list: () => KubeObject[]) => ({
    list,
    get: () => list()[0],
    byIndex: list,
    onChange(listener: Listener) {
      listeners[kind]?.push(listener);
      return () => {};
    },
  });
  if (start.replicas !== undefined) {
    const other = await stage({ functions: [aPooledFunction()] });
    const { deployment } = other.server;
    server.deployment = {
      ...deployment,
      spec: { ...deployment?.spec, replicas: start.replicas },
    } as Deployment;
  }
  const controller = createPoolController({
    client,
    caches: {
      functions: cache('functions', () => world.functions),
      poolDeployments: cache('deployments', () => (server.deployment ? [server.deployment] : [])),
      pods: cache('pods', () => world.pods),
    } as unknown as PoolControllerOptions['caches'],
    limits: start.off ? undefined : { min: 1, max: 30, total: 200 },
    settings: start.off
      ? undefined
      : { runtimeImage: 'runtime:1', encryptionKey: Buffer.alloc(32), spareThreads: 8 },
    concurrency: 1,
    workDeadlineMs: 1_000,
    observe: { attach: () => {} },
    log: silentLog,
    clock,
    now: clock.now,
    monotonic: clock.monotonic,
  });
  const stop = new AbortController();
  const running = controller.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await running;
  });
  await clock.advance(0);
  return {
    controller,
    server,
    writes,
    clock,
    replicas: () => server.deployment?.spec?.replicas,
    async claim(times = 1) {
      for (let i = 0; i < times; i++) controller.claimed(POOL_KEY);
      await clock.advance(0);
    },
    async change(previous: CatnapFunction | undefined, current: CatnapFunction | undefined) {
      world.functions = current ? [current] : [];
      for (const listener of listeners.functions ?? []) {
        listener({ key: 'shop/hello', ...(previous ? { previous } : {}), ...(current ? { current } : {}) });
      }
      await clock.advance(0);
    },
    async setPods(...pods: Pod[]) {
      world.pods = pods;
      for (const current of pods) tell('pods', { current });
      await clock.advance(0);
    },
  };
}

describe('a pool', () => {
  it('is made when the first function can use it, and goes with the last that it fits', async () => {
    const s = await stage({ functions: [] });
    expect(s.writes).toEqual([]);
    const [loading, loaded] = [aFunction(), aPooledFunction()];
    await s.change(undefined, loading);
    expect(s.writes).toEqual([]);
    await s.change(loading, loaded);
    expect(s.writes).toEqual(['apply']);
    expect(s.server.deployment?.metadata).toMatchObject({ namespace: 'shop', name: `pool-${POOL}` });
    await s.change(loaded, undefined);
    expect(s.writes).toEqual(['apply', `delete Deployment pool-${POOL}`]);
  });

  it('is written only when something changed', async () => {
    const s = await stage({ replicas: 1 });
    await s.clock.advance(600_000);
    expect(s.writes).toEqual([]);
  });

  it('grows with what is taken, and shrinks when that is long ago', async () => {
    const s = await stage({});
    await s.claim(3);
    expect(s.replicas()).toBe(4);
    await s.clock.advance(310_000);
    expect(s.replicas()).toBe(1);
  });

  it('holds its size when another operator takes over', async () => {
    const s = await stage({ replicas: 9 });
    await s.clock.advance(299_000);
    expect(s.replicas()).toBe(9);
    await s.clock.advance(11_000);
    expect(s.replicas()).toBe(1);
  });

  it('goes when there are to be no warm pods', async () => {
    const s = await stage({ replicas: 4, off: true });
    expect(s.writes).toEqual([`delete Deployment pool-${POOL}`]);
  });

  it('does not take the place of somebody else’s Deployment', async () => {
    const s = await stage({ foreign: { metadata: { name: `pool-${POOL}`, namespace: 'shop' } } });
    expect(s.writes).toEqual([]);
  });

  it('says how large it is meant to be', async () => {
    const s = await stage({});
    await s.claim(2);
    expect([...s.controller.sizes()]).toEqual([[POOL_KEY, 3]]);
  });
});

describe('used-up pods of a pool', () => {
  const spent = (name: string, finishedAt: string) =>
    withContainer(aWarmPod(name), { state: { terminated: { exitCode: 78, finishedAt } } });

  it('are deleted when their gateway had time to say whose they are', async () => {
    const s = await stage({ replicas: 1 });
    await s.setPods(spent('a', new Date(s.clock.now()).toISOString()));
    await s.clock.advance(4_000);
    expect(s.writes).toEqual([]);
    await s.clock.advance(1_000);
    expect(s.writes).toEqual(['delete Pod a']);
  });

  it('are deleted at a bounded rate: it may be the image that is bad', async () => {
    const s = await stage({ replicas: 1 });
    const names = ['a', 'b', 'c', 'd', 'e'];
    await s.setPods(...names.map((name) => spent(name, '2025-01-01T00:00:00Z')));
    expect(s.writes).toEqual(['delete Pod a', 'delete Pod b', 'delete Pod c']);
    await s.setPods(spent('d', '2025-01-01T00:00:00Z'), spent('e', '2025-01-01T00:00:00Z'));
    await s.clock.advance(30_000);
    expect(s.writes.slice(3)).toEqual(['delete Pod d']);
  });
});
