import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FunctionSpec } from '#crds/function/types.ts';
import { configMaps, deployments, events, pods, replicaSets } from '#kube/resource.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { startCluster, type TestCluster } from './cluster.ts';
import { inline, testFunction } from './function.ts';

let cluster: TestCluster;
const fn = (name: string) => testFunction(cluster.client, name);
const short = { scaling: { idleSeconds: 2 } } as Partial<FunctionSpec>;
const selector = (name: string) => ({ namespace: 'shop', labelSelector: `catnap.dev/function=${name}` });

beforeAll(async () => {
  cluster = await startCluster();
  cluster.gateway.report({});
});
afterAll(() => cluster?.stop());

it('verifies a function, lets it sleep, scales it with load, and leaves nothing behind', async () => {
  const hello = fn('hello');
  await hello.apply({ ...inline(), ...short });
  await hello.reason('Loaded');
  await hello.scaledTo(0);
  const asleep = await waitFor(
    async () => {
      const { status } = await hello.get();
      return status?.conditions?.find(({ reason }) => reason === 'Asleep') && status;
    },
    { timeoutMs: 20_000, describe: 'hello to be asleep' },
  );
  expect(asleep).toMatchObject({ replicas: 0, readyReplicas: 0 });
  expect(asleep.conditions?.[0]).toMatchObject({ status: 'True', reason: 'Loaded' });

  await hello.wake(1);
  cluster.gateway.report({ [hello.key]: 21 });
  await hello.scaledTo(3);
  await waitFor(async () => (await hello.get()).status?.readyReplicas === 3, {
    timeoutMs: 20_000,
    describe: 'three pods to be ready',
  });
  cluster.gateway.report({});
  await hello.scaledTo(0, 25_000);

  await hello.remove();
  await waitFor(
    async () => {
      const kinds = [configMaps, deployments, replicaSets, pods];
      const left = await Promise.all(
        kinds.map((kind) => cluster.client.list(kind as typeof pods, selector('hello'))),
      );
      const count = left.reduce((sum, { items }) => sum + items.length, 0);
      if (count > 0) throw new Error(`${count} objects are left`);
      return true;
    },
    { timeoutMs: 20_000, describe: 'the children to be collected' },
  );
});

it('names the line of code that does not load, and does not restart it', async () => {
  const broken = fn('broken');
  await broken.apply(inline('export const handler = async () => {\n  return (;\n};\n'));
  const { status } = await broken.reason('LoadFailed');
  expect(status?.conditions?.[0]?.message).toMatch(/SyntaxError.*\(index\.mjs:2\)/);
  await broken.scaledTo(0);
  await waitFor(async () => (await cluster.client.list(pods, selector('broken'))).items.length === 0, {
    timeoutMs: 20_000,
    describe: 'its pods to go',
  });
  await broken.apply(inline());
  await broken.reason('Loaded');
});

it('rolls out a change of a referenced ConfigMap', async () => {
  const code = (says: string) => ({
    metadata: { namespace: 'shop', name: 'code' },
    data: { 'index.mjs': `export const handler = async () => '${says}'` },
  });
  await cluster.client.create(configMaps, code('one'));
  const shared = fn('shared');
  await shared.apply({ source: { configMap: { name: 'code' } }, scaling: { minReplicas: 1 } as never });
  await shared.reason('Loaded');
  expect(await answer('shared')).toBe('one');
  await cluster.client.update(configMaps, code('two'));
  await waitFor(async () => (await answer('shared')) === 'two', {
    timeoutMs: 30_000,
    describe: 'the new code',
  });
  await shared.reason('Loaded');
});

it('tells of a container that took more memory than it may, and is back at once each time', async () => {
  const greedy = fn('greedy');
  const code = `
    const kept = [];
    export const handler = ({ query }) => {
      for (let mb = 0; mb < Number(query.mb ?? 0); mb++) kept.push(Buffer.alloc(2 ** 20, 1));
      return 'ok';
    };`;
  const resources = { limits: { memory: '128Mi' } };
  await greedy.apply({ ...inline(code), resources, scaling: { minReplicas: 1 } as never });
  for (let end = 1; end <= 3; end++) {
    await waitFor(async () => (await answer('greedy')) === 'ok', {
      timeoutMs: 8_000,
      describe: `greedy to answer after ${end - 1} ends`,
    });
    await answer('greedy', '/?mb=1000').catch(() => {});
    await waitFor(async () => (await ends('greedy')) >= end, {
      timeoutMs: 15_000,
      describe: `an event of end ${end}`,
    });
  }
  expect((await greedy.notes('OutOfMemory'))[0]).toMatch(/spec\.resources\.limits\.memory \(128Mi\)/);
  expect((await greedy.notes('PodReplaced'))[0]).toMatch(/ran out of memory again/);
  await greedy.reason('Loaded');
});

/** How often a function ran out of memory; repetitions of one event are counted in it. */
async function ends(name: string): Promise<number> {
  const { items } = await cluster.client.list(events, { namespace: 'shop' });
  return items
    .filter(({ reason, regarding }) => reason === 'OutOfMemory' && regarding?.name === name)
    .reduce((sum, { series }) => sum + (series?.count ?? 1), 0);
}

/** What the newest ready pod of a function answers. */
async function answer(name: string, path = '/'): Promise<string> {
  const { items } = await cluster.client.list(pods, selector(name));
  const ready = items
    .filter(({ metadata }) => !metadata?.deletionTimestamp)
    .filter(({ status }) =>
      status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    )
    .sort((a, b) => `${b.metadata?.creationTimestamp}`.localeCompare(`${a.metadata?.creationTimestamp}`));
  const response = await fetch(`http://${ready[0]?.status?.podIP}:8080${path}`);
  return response.text();
}
