import type { Deployment } from 'kubernetes-types/apps/v1.js';
import { describe, expect, it } from 'vitest';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { deploymentName } from '#crds/wire/names.ts';
import type { KubeClient, KubeObject, ObjectRef, ResourceType } from '#kube/client.ts';
import { KubeError } from '#kube/errors.ts';
import { silentLog } from '#kube/log.ts';
import type { Caches } from '../caches.ts';
import type { LastColdStart } from '../cold-start/cold-starts.ts';
import type { Offer } from '../launch/launches.ts';
import { createDeletedPods } from './deleted-pods.ts';
import { aFunction, aPod, inlineSpec, withContainer } from './fixtures.ts';
import { createFreshest } from './freshest.ts';
import { createReconciler } from './reconcile.ts';
import { revisionOf } from './revision.ts';
import { digestSource } from './source-content.ts';
import { trimFunction } from './trim.ts';

const notFound = new KubeError({ status: 404, reason: 'NotFound', message: 'not found' });

/** A world of one function whose writes are kept, with failures to order by verb and kind. */
function stage(
  fn: CatnapFunction,
  options: { fail?: Record<string, KubeError>; pods?: unknown[]; live?: CatnapFunction; offer?: Offer } = {},
) {
  const { live = fn } = options;
  let elapsedMs = 0;
  const writes: { verb: string; object: KubeObject }[] = [];
  const events: string[] = [];
  const settled: string[] = [];
  const cold = { due: undefined as LastColdStart | undefined, told: [] as string[] };
  const act = (verb: string, type: ResourceType<KubeObject>, object: KubeObject) => {
    const failure = options.fail?.[`${verb} ${type.kind}`];
    if (failure) throw failure;
    writes.push({ verb: `${verb} ${type.kind}`, object });
    const before: KubeObject = type.kind === 'Function' ? fn : {};
    const metadata = { ...before.metadata, ...object.metadata, resourceVersion: '2' };
    return { ...before, ...object, metadata };
  };
  const client = {
    get: async ({ kind }: ResourceType<KubeObject>) =>
      kind === 'Function' ? live : Promise.reject(notFound),
    list: async () => ({ items: [], resourceVersion: '1' }),
    apply: async (type: ResourceType<KubeObject>, object: KubeObject) => act('apply', type, object),
    delete: async (type: ResourceType<KubeObject>, ref: ObjectRef) =>
      void act('delete', type, { metadata: ref }),
  } as unknown as KubeClient;
  const empty = { get: () => undefined, byIndex: () => [] };
  const caches = {
    functions: { ...empty, get: () => trimFunction(fn) },
    deployments: empty,
    configMaps: empty,
    pods: { ...empty, byIndex: () => options.pods ?? [] },
  } as unknown as Caches;
  const reconcile = createReconciler({
    client,
    caches,
    written: {
      functions: createFreshest<CatnapFunction>(() => 0),
      deployments: createFreshest<Deployment>(() => 0),
    },
    deleted: createDeletedPods(),
    recorder: { record: (_, { reason }) => void events.push(reason), stop: async () => {} },
    coldStarts: {
      due: () => cold.due,
      told: (_, { at }) => void cold.told.push(at),
      forget: () => {},
    },
    launches: { offer: async () => options.offer ?? {}, forget: () => {} },
    settings: { runtimeImage: 'runtime:1', gatewayUrl: 'http://localhost:8080' },
    log: silentLog,
    now: () => 0,
    monotonic: () => elapsedMs,
    settled: async (key) => void settled.push(key),
    forget: () => {},
  });
  return {
    run: () => reconcile('shop/hello'),
    wait: (ms: number) => {
      elapsedMs += ms;
    },
    writes,
    events,
    settled,
    cold,
    verbs: () => writes.map(({ verb }) => verb),
  };
}

describe('the reconciler', () => {
  it('writes code, Deployment and status, in this order, and then nothing more', async () => {
    const s = stage(aFunction());
    await s.run();
    expect(s.verbs()).toEqual(['apply ConfigMap', 'apply Deployment', 'apply Function']);
    expect(s.writes[1]?.object.metadata?.name).toBe(deploymentName('hello'));
    // The caches still show nothing, but what was written is known.
    await s.run();
    expect(s.verbs().slice(3)).toEqual(['apply ConfigMap']);
    expect(s.settled).toEqual(['shop/hello', 'shop/hello']);
  });

  it('tells of a cold start once, and has it in the status from then on', async () => {
    const s = stage(aFunction());
    await s.run();
    const parts = { start: 'dedicated' as const, totalMs: 502, queuedMs: 501, firstByteMs: 1 };
    s.cold.due = { at: '2026-01-01T00:00:00.500Z', ...parts };
    await s.run();
    expect(s.cold.told).toEqual(['2026-01-01T00:00:00.500Z']);
    s.cold.due = undefined;
    const statuses = () => s.writes.filter(({ verb }) => verb === 'apply Function');
    expect(statuses()).toHaveLength(2);
    expect(statuses().at(-1)?.object).toMatchObject({ status: { lastColdStart: parts } });
    await s.run();
    expect(statuses()).toHaveLength(2);
  });

  it('never writes other code than the revision it is named for', async () => {
    const live = aFunction({ spec: inlineSpec({ source: { inline: { files: { 'index.mjs': 'newer' } } } }) });
    const s = stage(aFunction(), { live });
    await expect(s.run()).rejects.toMatchObject({ status: 409 });
    expect(s.writes).toEqual([]);
  });

  it('leaves a function alone that is being deleted', async () => {
    const metadata = { name: 'hello', namespace: 'shop', deletionTimestamp: '2026-01-01T00:00:00Z' };
    const s = stage(aFunction({ metadata }));
    await s.run();
    expect(s.writes).toEqual([]);
  });

  it.each([403, 413, 422])(
    'tells the user what Kubernetes refuses with %i, and tries again later',
    async (status) => {
      const refusal = new KubeError({ status, reason: 'Invalid', message: 'cpu limit below request' });
      const s = stage(aFunction(), { fail: { 'apply Deployment': refusal } });
      expect(await s.run()).toEqual({ requeueAfterMs: 60_000 });
      const written = s.writes.at(-1)?.object as CatnapFunction;
      expect(written.status?.conditions?.[0]).toMatchObject({
        status: 'False',
        reason: 'StartFailed',
        message: 'The container does not start: Kubernetes refuses its objects: cpu limit below request',
      });
      expect(s.events).toEqual(['StartFailed']);
    },
  );

  it.each(['apply ConfigMap', 'apply Deployment', 'apply Function'])(
    'hands a failure to %s to the queue and reports nothing',
    async (verb) => {
      const outage = new KubeError({ status: 503, reason: 'ServiceUnavailable', message: 'try later' });
      const s = stage(aFunction(), { fail: { [verb]: outage } });
      await expect(s.run()).rejects.toBe(outage);
      expect(s.events).toEqual([]);
    },
  );

  it('does not mind that the function was deleted before its status was written', async () => {
    const pods = [withContainer(aPod('old'), { state: { waiting: { reason: 'ErrImagePull' } } })];
    const s = stage(aFunction(), { fail: { 'apply Function': notFound }, pods });
    await s.run();
    expect(s.events).toEqual([]);
  });

  it('replaces a blocked pod once, however long the cache shows it', async () => {
    const pods = [withContainer(aPod('old'), { state: { terminated: { exitCode: 124 } } })];
    const s = stage(aFunction(), { pods });
    await s.run();
    await s.run();
    expect(s.verbs().filter((verb) => verb === 'delete Pod')).toHaveLength(1);
    expect(s.events).toEqual(['PodReplaced']);
  });

  it('shows how warm pods become the function, and comes back when that is due', async () => {
    const revision = revisionOf(digestSource(aFunction()).spec);
    const launch = { pool: 'nodejs26-0123456789', digest: 'd' };
    const fn = aFunction({ status: { revision, loadedRevision: revision } });
    const s = stage(fn, { offer: { launch, againMs: 60_000 } });
    expect(await s.run()).toEqual({ requeueAfterMs: 60_000 });
    expect(s.writes.at(-1)?.object).toMatchObject({ status: { launch } });
  });

  it('writes how many pods there are at most once a second, and comes back for the last of it', async () => {
    const revision = revisionOf(digestSource(aFunction()).spec);
    const pods = [aPod(revision, { name: 'a', ready: true })];
    const s = stage(aFunction({ status: { revision, loadedRevision: revision } }), { pods });
    await s.run();
    const shown = () =>
      s.writes.filter(({ verb }) => verb === 'apply Function').map(({ object }) => object as CatnapFunction);
    for (const name of ['b', 'c', 'd']) {
      s.wait(200);
      pods.push(aPod(revision, { name, ready: true }));
      expect(await s.run()).toMatchObject({ requeueAfterMs: expect.any(Number) });
    }
    expect(shown().map(({ status }) => status?.readyReplicas)).toEqual([1]);
    s.wait(400);
    expect(await s.run()).toEqual({ requeueAfterMs: undefined });
    expect(shown().map(({ status }) => status?.readyReplicas)).toEqual([1, 4]);
  });

  describe('with pods out of memory', () => {
    const revision = revisionOf(digestSource(aFunction()).spec);
    const loaded = aFunction({ status: { revision, loadedRevision: revision } });
    const heldBack = (name: string, finishedAt = '1970-01-01T00:00:00Z') =>
      withContainer(aPod(revision, { name }), {
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt } },
        restartCount: 2,
      });
    const count = (texts: string[], text: string) => texts.filter((it) => it === text).length;

    it('replaces them at a bounded rate, and tells of each end once', async () => {
      const s = stage(loaded, { pods: ['a', 'b', 'c', 'd'].map((name) => heldBack(name)) });
      expect(await s.run()).toEqual({ requeueAfterMs: 30_000 });
      await s.run();
      expect(count(s.verbs(), 'delete Pod')).toBe(3);
      expect(count(s.events, 'OutOfMemory')).toBe(4);
      s.wait(30_000);
      expect(await s.run()).toEqual({ requeueAfterMs: undefined });
      expect(count(s.verbs(), 'delete Pod')).toBe(4);
      expect(count(s.events, 'PodReplaced')).toBe(4);
      expect(count(s.events, 'OutOfMemory')).toBe(4);
    });
  });
});
