import { describe, expect, it } from 'vitest';
import type { Function as CatnapFunction, FunctionSpec } from '#crds/function/types.ts';
import { launchDigest } from '#crds/wire/launch-spec.ts';
import { Seal } from '#crds/wire/seal.ts';
import type { KubeObject, ObjectRef, ResourceType } from '#kube/client.ts';
import { KubeError } from '#kube/errors.ts';
import { silentLog } from '#kube/log.ts';
import { aFunction, inlineSpec } from '../function/fixtures.ts';
import { revisionOf } from '../function/revision.ts';
import { contentHash, digestSource, trimConfigMap } from '../function/source-content.ts';
import { poolName, shapeOf } from '../pool/shape.ts';
import { createLaunches, type LaunchesOptions } from './launches.ts';

const seal = new Seal(Buffer.alloc(32, 7));
const notFound = new KubeError({ status: 404, reason: 'NotFound', message: 'not found' });
const outage = new KubeError({ status: 503, reason: 'ServiceUnavailable', message: 'later' });
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** One function, what it refers to, and a Redis that keeps what is written. */
function stage(spec: Partial<FunctionSpec> = {}, options: Partial<LaunchesOptions> = {}) {
  const live = aFunction({ spec: inlineSpec(spec) });
  const world = {
    secrets: { keys: { TOKEN: 'one' } } as Record<string, Record<string, string>>,
    configMaps: { settings: { MODE: 'fast' } } as Record<string, Record<string, string>>,
    nowMs: 0,
    failure: undefined as Error | undefined,
  };
  const reads: string[] = [];
  const kept = new Map<string, string>();
  const store = {
    ready: true,
    failure: undefined as Error | undefined,
    async write(_key: string, digest: string, plain: Buffer) {
      if (store.failure) throw store.failure;
      kept.set(digest, plain.toString());
    },
  };
  const configMap = (name: string) =>
    world.configMaps[name] && { metadata: {}, data: world.configMaps[name] };
  const read = ({ kind }: ResourceType<KubeObject>, { name }: ObjectRef) => {
    if (kind === 'Function') return live;
    if (kind === 'ConfigMap') return configMap(name);
    const data = world.secrets[name];
    return (
      data && { data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, base64(text)])) }
    );
  };
  const launches = createLaunches({
    client: {
      async get(type: ResourceType<KubeObject>, ref: ObjectRef) {
        if (world.failure) throw world.failure;
        reads.push(`${type.kind} ${ref.name}`);
        const found = read(type, ref);
        if (!found) throw notFound;
        return found;
      },
    } as LaunchesOptions['client'],
    configMaps: {
      get: (_namespace, name) => {
        const found = configMap(name);
        return found && trimConfigMap(found);
      },
    },
    store,
    seal,
    announce: undefined,
    log: silentLog,
    monotonic: () => world.nowMs,
    ...options,
  });
  const sourceHash = () => {
    const found = configMap(live.spec.source?.configMap?.name ?? '');
    return found && contentHash(trimConfigMap(found));
  };
  let status: CatnapFunction['status'];
  return {
    world,
    store,
    kept,
    launches,
    reads,
    /** As the reconciler asks, with what it wrote before in the status. */
    async offer(overrides: CatnapFunction['status'] = {}) {
      const revision = revisionOf(digestSource(live).spec, sourceHash());
      const fn = {
        ...digestSource(live),
        status: { ...status, revision, loadedRevision: revision, ...overrides },
      };
      const offer = await launches.offer(fn, revision);
      status = { ...status, launch: offer.launch };
      return offer;
    },
    env: (digest: string | undefined) =>
      (JSON.parse(kept.get(digest ?? '') ?? '{}') as { env?: Record<string, string> }).env,
  };
}

const withSecret: Partial<FunctionSpec> = { envFrom: [{ secretRef: { name: 'keys' } }] };

describe('a function whose code was seen to load', () => {
  it('gets a launch spec, once, under its digest and with the pool it fits', async () => {
    const s = stage();
    const { launch, againMs } = await s.offer();
    const [digest, plain] = [...s.kept][0] ?? [];
    expect(launch).toEqual({ pool: poolName(shapeOf(aFunction())), digest });
    expect(digest).toBe(launchDigest(seal, Buffer.from(plain ?? '')));
    expect(JSON.parse(plain ?? '')).toMatchObject({
      function: 'shop/hello',
      files: inlineSpec().source?.inline?.files,
    });
    expect(againMs).toBeUndefined();
    expect(await s.offer()).toEqual({ launch });
    expect(s.reads).toEqual(['Function hello']);
  });

  it('gets the files of its ConfigMap, texts and others', async () => {
    const s = stage({ source: { configMap: { name: 'settings' } } });
    const { launch } = await s.offer();
    expect(s.kept.get(launch?.digest ?? '')).toContain('"files":{"MODE":"fast"}');
  });

  it('gets another one when a ConfigMap of its environment changes', async () => {
    const s = stage({ envFrom: [{ configMapRef: { name: 'settings' } }] });
    const before = await s.offer();
    s.world.configMaps.settings = { MODE: 'slow' };
    const after = await s.offer();
    expect(after.launch?.digest).not.toBe(before.launch?.digest);
    expect(s.env(after.launch?.digest)).toMatchObject({ MODE: 'slow' });
  });

  it('is looked at again each minute when it has Secrets, and gets another one when they changed', async () => {
    const s = stage(withSecret);
    const before = await s.offer();
    expect(before.againMs).toBe(60_000);
    s.world.nowMs = 20_000;
    expect(await s.offer()).toEqual({ ...before, againMs: 40_000 });
    s.world.nowMs = 60_000;
    expect(await s.offer()).toEqual(before);
    expect(s.reads).toEqual(['Secret keys', 'Function hello', 'Secret keys']);
    s.world.secrets.keys = { TOKEN: 'two' };
    s.world.nowMs = 120_000;
    const after = await s.offer();
    expect(s.env(after.launch?.digest)).toMatchObject({ TOKEN: 'two' });
  });

  it('goes without while something is missing, and is looked at again', async () => {
    const s = stage(withSecret);
    s.world.secrets = {};
    expect(await s.offer()).toEqual({ againMs: 60_000 });
    s.world.secrets = { keys: { TOKEN: 'one' } };
    expect((await s.offer()).launch).toBeDefined();
  });

  it('goes without when Secrets may not be read, and is not asked for all the time', async () => {
    const s = stage(withSecret);
    s.world.failure = new KubeError({ status: 403, reason: 'Forbidden', message: 'not allowed' });
    expect(await s.offer()).toEqual({ againMs: 300_000 });
  });

  it('keeps what it has while the API server does not answer', async () => {
    const s = stage(withSecret);
    const { launch } = await s.offer();
    s.world.failure = outage;
    s.world.nowMs = 60_000;
    expect(await s.offer()).toEqual({ launch, againMs: 5_000 });
  });
});

describe('no launch spec', () => {
  it.each<[string, CatnapFunction['status']]>([
    ['has never loaded', { loadedRevision: undefined }],
    ['has loaded at another revision only', { loadedRevision: 'earlier' }],
  ])('is made of code that %s', async (_, status) => {
    const s = stage();
    expect(await s.offer(status)).toEqual({});
    expect(s.reads).toEqual([]);
  });

  it('is made for a dedicated function, nor where there are no warm pods', async () => {
    expect(await stage({ class: 'dedicated' }).offer()).toEqual({});
    expect(await stage({}, { seal: undefined }).offer()).toEqual({});
  });
});

describe('without Redis', () => {
  it('nothing is read, and the function waits for it', async () => {
    const s = stage();
    s.store.ready = false;
    expect(await s.offer()).toEqual({});
    expect(s.reads).toEqual([]);
    expect(s.launches.waiting()).toEqual(['shop/hello']);
    s.store.ready = true;
    expect((await s.offer()).launch).toBeDefined();
    expect(s.launches.waiting()).toEqual([]);
  });

  it('what was written before is still offered, of what changed nothing', async () => {
    const s = stage({ envFrom: [{ configMapRef: { name: 'settings' } }] });
    const { launch } = await s.offer();
    s.store.ready = false;
    expect((await s.offer()).launch).toEqual(launch);
    s.world.configMaps.settings = { MODE: 'slow' };
    expect((await s.offer()).launch).toBeUndefined();
  });

  it('what cannot be written is not offered', async () => {
    const s = stage();
    s.store.failure = new Error('OOM command not allowed');
    expect((await s.offer()).launch).toBeUndefined();
    expect(s.launches.waiting()).toEqual(['shop/hello']);
    expect(s.launches.current().size).toBe(0);
  });

  it('a new leader trusts the status', async () => {
    const launch = { pool: 'p', digest: 'd' };
    const s = stage();
    s.store.ready = false;
    expect((await s.offer({ launch })).launch).toEqual(launch);
  });
});

describe('a launch spec', () => {
  it('that the status names is not written again, unless it was lost', async () => {
    const first = stage();
    const { launch } = await first.offer();
    const next = stage();
    expect((await next.offer({ launch })).launch).toEqual(launch);
    expect(next.kept.size).toBe(0);
    next.launches.lost(launch?.digest ?? '');
    expect((await next.offer({ launch })).launch).toEqual(launch);
    expect([...next.kept.keys()]).toEqual([launch?.digest]);
  });

  it('is current until its function is gone', async () => {
    const s = stage();
    const { launch } = await s.offer();
    expect([...s.launches.current()]).toEqual([launch?.digest]);
    s.launches.forget('shop/hello');
    expect(s.launches.current().size).toBe(0);
  });
});
