import type { Pod } from 'kubernetes-types/core/v1.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FunctionSpec } from '#crds/function/types.ts';
import { labels } from '#crds/wire/names.ts';
import { configMaps, pods as podType, secrets } from '#kube/resource.ts';
import { scaleOf } from '#operator/function/scale-of.ts';
import { startCluster, type TestCluster } from './cluster.ts';
import { inline, testFunction } from './function.ts';
import { ENCRYPTION_KEY, isOwnedByFunction, isReady, type Launch, poolTools } from './pool.ts';

let cluster: TestCluster;
let tools: ReturnType<typeof poolTools>;
const fn = (name: string) => testFunction(cluster.client, name);
const scaling = (overrides: Partial<FunctionSpec['scaling']>) =>
  ({ scaling: { idleSeconds: 2, ...overrides } }) as Partial<FunctionSpec>;
const uidOf = ({ metadata }: Pod) => metadata?.uid ?? '';
/** Of the function whose Secret changes while the other tests run. */
let rotated: Launch;

beforeAll(async () => {
  cluster = await startCluster({ CATNAP_ENCRYPTION_KEY: ENCRYPTION_KEY.toString('base64') });
  cluster.gateway.report({});
  tools = poolTools(cluster);
});
afterAll(async () => {
  tools?.close();
  await cluster?.stop();
});

const secret = (token: string) => ({
  metadata: { namespace: 'shop', name: 'keys' },
  data: { TOKEN: Buffer.from(token).toString('base64') },
});
const settings = (mode: string) => ({
  metadata: { namespace: 'shop', name: 'settings' },
  data: { MODE: mode },
});

describe('a launch spec', () => {
  it('is kept sealed, with all that a container of the function would be given', async () => {
    await cluster.client.create(secrets, secret('one'));
    await cluster.client.create(configMaps, settings('fast'));
    const env = [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'TOKEN' } } }];
    const envFrom = [{ configMapRef: { name: 'settings' } }];
    await fn('pooled').apply({ ...inline(), ...scaling({}), env, envFrom });
    const { launch, revision } = await tools.launched('pooled');
    const spec = await tools.spec('pooled', launch);
    expect(spec).toMatchObject({ function: 'shop/pooled', revision, files: inline().source?.inline?.files });
    expect(spec?.env).toMatchObject({ KEY: 'one', MODE: 'fast', CATNAP_REVISION: revision, PORT: '8080' });
    expect(spec?.env).not.toHaveProperty('CATNAP_FUNCTION_DIR');
  });

  it('gives way to another when a ConfigMap changes, and stays for gateways that have not heard of that', async () => {
    const { launch: before } = await tools.launched('pooled');
    await cluster.client.update(configMaps, settings('slow'));
    const after = await tools.until(async () => {
      const { launch } = await tools.launched('pooled');
      return launch.digest !== before.digest && launch;
    }, 'another launch spec');
    expect((await tools.spec('pooled', after))?.env.MODE).toBe('slow');
    expect(await tools.spec('pooled', before)).toBeDefined();
  });

  it('is written again when Redis lost it', async () => {
    const { launch } = await tools.launched('pooled');
    await tools.loseData();
    expect(await tools.spec('pooled', launch)).toBeUndefined();
    await tools.until(() => tools.spec('pooled', launch), 'the launch spec to be back');
    expect(await tools.ttl(launch)).toBe(-1);
    await cluster.client.update(secrets, secret('two'));
    rotated = launch;
  });

  it('is none of a function that needs a process of its own, nor of its pool', async () => {
    const dedicated = fn('dedicated');
    const resources = { limits: { memory: '300Mi' } };
    const env = [{ name: 'NODE_OPTIONS', value: '--enable-source-maps' }];
    await dedicated.apply({ ...inline(), ...scaling({}), resources, env });
    expect((await dedicated.reason('Loaded')).status).not.toHaveProperty('launch');
    await dedicated.scaledTo(0);
    expect((await dedicated.get()).status).not.toHaveProperty('launch');
    await dedicated.remove();
  });
});

describe('a pool', () => {
  it('has a pod ready, and refills when a gateway takes it for a function', async () => {
    const { fn: pooled, launch, revision } = await tools.launched('pooled');
    await pooled.scaledTo(0);
    const deployment = await tools.until(() => tools.pool(launch.pool), 'the pool');
    expect(deployment.spec?.template.metadata?.labels).toMatchObject({
      [labels.pool]: launch.pool,
      [labels.managedBy]: 'catnap',
    });
    cluster.gateway.report({ [pooled.key]: 1 });
    const taken = await tools.claim('pooled');
    expect(taken.metadata?.labels).toMatchObject({
      [labels.function]: 'pooled',
      [labels.revision]: revision,
    });
    expect(taken.metadata?.labels).not.toHaveProperty('pod-template-hash');
    expect(taken.metadata?.ownerReferences).toEqual([
      expect.objectContaining({ kind: 'Function', name: 'pooled', controller: true }),
    ]);
    const next = await tools.readyWarmPod(launch.pool);
    expect(uidOf(next)).not.toBe(uidOf(taken));
    expect(await pooled.replicas()).toBe(0);
    await tools.until(async () => (await pooled.get()).status?.readyReplicas === 1, 'the status to count it');
    expect(await pooled.notes('Woken')).toContainEqual(
      `Took warm pod ${taken.metadata?.name}: 9 ms, of which loading the code 4 ms.`,
    );
  });

  it('grows with what is taken from it', async () => {
    const { launch } = await tools.launched('pooled');
    await tools.until(async () => scaleOf(await tools.pool(launch.pool)) >= 2, 'the pool to grow');
  });

  it('loses a pod that refuses claims and that nobody claims', async () => {
    const { launch } = await tools.launched('pooled');
    const { metadata } = await tools.readyWarmPod(launch.pool);
    const stray = { namespace: 'shop', pod: metadata?.name ?? '', podUid: metadata?.uid ?? '' };
    cluster.gateway.tell({ strays: [stray] });
    await tools.until(async () => {
      const warm = await tools.warmPods(launch.pool);
      return warm.every((pod) => uidOf(pod) !== stray.podUid || pod.metadata?.deletionTimestamp);
    }, 'the stray to go');
    cluster.gateway.tell({});
    await tools.readyWarmPod(launch.pool, [stray.podUid]);
  });
});

describe('a pod from the pool', () => {
  it('goes only when the Deployment that takes over is ready', async () => {
    const busy = fn('busy');
    await busy.apply({ ...inline(), ...scaling({}) });
    await tools.launched('busy');
    await busy.scaledTo(0);
    cluster.gateway.report({ [busy.key]: 1 });
    const taken = await tools.claim('busy');
    await busy.apply({ ...inline(), ...scaling({ minReplicas: 1 }) });
    await madeBeforeBroken('busy', uidOf(taken));
    expect(await busy.replicas()).toBe(1);
    expect(await busy.notes('Scaled')).toContain(
      'Its own Deployment takes over from pods of the pool with 1 pod, for scaling.minReplicas.',
    );
  });

  it('answers until a new revision is there', async () => {
    const changed = fn('changed');
    await changed.apply({ ...inline(), ...scaling({ idleSeconds: 60 }) });
    const { launch, revision } = await tools.launched('changed');
    cluster.gateway.report({ [changed.key]: 1 });
    const own = await tools.podsOf('changed');
    await changed.wake(0);
    await tools.until(async () => (await tools.podsOf('changed')).length === 0, 'its own pod to go');
    expect(own).toHaveLength(1);
    const taken = await tools.claim('changed');
    await changed.apply({ ...inline('export const handler = () => 2'), ...scaling({ idleSeconds: 60 }) });
    await tools.until(async () => (await changed.get()).status?.revision !== revision, 'the new revision');
    await madeBeforeBroken('changed', uidOf(taken));
    const after = await tools.launched('changed');
    expect(after.revision).not.toBe(revision);
    expect(after.launch.digest).not.toBe(launch.digest);
  });
});

describe('after a minute', () => {
  it('a changed Secret has reached its sleeping function', async () => {
    const after = await tools.until(
      async () => {
        const { launch } = await tools.launched('pooled');
        return (await tools.spec('pooled', launch))?.env.KEY === 'two' && launch;
      },
      'the new value',
      75_000,
    );
    expect(after.digest).not.toBe(rotated.digest);
  }, 90_000);
});

describe('in the end', () => {
  it('a pod from the pool survives a restart of the operator, with all else, and goes when it is idle', async () => {
    const { fn: pooled, launch } = await tools.launched('pooled');
    cluster.gateway.report({ [pooled.key]: 1 });
    const before = [uidOf(await tools.claim('pooled'))];
    const uid = (await tools.pool(launch.pool))?.metadata?.uid;
    await cluster.operator.stop();
    const orphan = await tools.leaveOrphan();
    await cluster.operator.start();
    await tools.until(async () => {
      const text = await (await fetch(`${cluster.operator.url()}/metrics`)).text();
      return text.includes('catnap_function_replicas{namespace="shop",function="pooled"} 1');
    }, 'the operator to count it');
    expect((await tools.launched('pooled')).launch.pool).toBe(launch.pool);
    expect((await tools.pool(launch.pool))?.metadata?.uid).toBe(uid);
    expect((await tools.podsOf('pooled')).filter(isOwnedByFunction).map(uidOf)).toEqual(before);
    expect(await tools.ttl(launch)).toBe(-1);
    await tools.until(async () => (await tools.ttl(orphan)) > 0, 'what nobody names to expire');
    cluster.gateway.report({});
    await tools.until(async () => (await tools.podsOf('pooled')).length === 0, 'the idle pod to go');
    expect(await pooled.replicas()).toBe(0);
    expect(await pooled.notes('Scaled')).toContain('Scaled from 1 to 0 after its idle time without calls.');
  });

  it('the pool goes with the last function', async () => {
    const { launch } = await tools.launched('pooled');
    for (const name of ['pooled', 'busy', 'changed']) await fn(name).remove();
    await tools.until(async () => (await tools.pool(launch.pool)) === undefined, 'the pool to go');
    await tools.until(async () => {
      const { items } = await cluster.client.list(podType, {
        namespace: 'shop',
        labelSelector: 'app.kubernetes.io/managed-by=catnap',
      });
      return items.length === 0;
    }, 'all pods to go');
  });
});

/** The pod goes, and a pod of the Deployment is ready when it does. */
async function madeBeforeBroken(name: string, uid: string): Promise<void> {
  const left = await tools.until(
    async () => {
      const present = await tools.podsOf(name);
      const leaves = present.every((pod) => uidOf(pod) !== uid || pod.metadata?.deletionTimestamp);
      return leaves && present;
    },
    `the borrowed pod of ${name} to go`,
    30_000,
  );
  expect(left.filter((pod) => !isOwnedByFunction(pod)).some(isReady)).toBe(true);
}
