import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fieldManagers } from '#crds/wire/names.ts';
import { isNotFound } from '#kube/errors.ts';
import {
  configMaps,
  deployments,
  events,
  functions,
  namespaces,
  networkPolicies,
  replicaSets,
} from '#kube/resource.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Environment, type OperatorProcess, startEnvironment } from './environment.ts';
import { inline, loadFailure, testFunction } from './function.ts';

let environment: Environment;
let operator: OperatorProcess;
const fn = (name: string) => testFunction(environment.client, name);
const until = <T>(condition: () => T | Promise<T>, describe: string) =>
  waitFor(condition, { timeoutMs: 15_000, describe });

beforeAll(async () => {
  environment = await startEnvironment();
  operator = await environment.startOperator('operator');
});
afterAll(() => environment?.stop());

describe('an applied function', () => {
  it('gets a Deployment and its code, owned by it, and one replica to verify', async () => {
    const hello = fn('hello');
    const { metadata } = await hello.apply(inline());
    const { status } = await hello.reason('Verifying');
    const deployment = await hello.deployment();
    const owner = {
      apiVersion: 'catnap.dev/v1alpha1',
      kind: 'Function',
      name: 'hello',
      uid: metadata.uid,
      controller: true,
      blockOwnerDeletion: true,
    };
    expect(deployment.metadata?.ownerReferences).toEqual([owner]);
    expect(await hello.replicas()).toBe(1);
    const code = await environment.client.get(configMaps, {
      namespace: 'shop',
      name: `fn-hello-${status?.revision}`,
    });
    expect(code.metadata?.ownerReferences).toEqual([owner]);
    expect(status?.url).toBe('http://localhost:8080/fn/shop/hello');

    await hello.pod('hello-1', { ready: true });
    const loaded = await hello.reason('Loaded');
    expect(loaded.status).toMatchObject({
      replicas: 1,
      readyReplicas: 1,
      loadedRevision: status?.revision,
      selector: 'catnap.dev/function=hello',
      observedGeneration: 1,
    });
  });

  it('is written only when something changed', async () => {
    const still = fn('still');
    await still.apply(inline());
    await still.reason('Verifying');
    await still.pod('still-1', { ready: true });
    await still.reason('Loaded');
    const before = await Promise.all([still.get(), still.deployment()]);
    const reconciles = await reconcileCount();
    // A change that concerns the function and leaves nothing to do, and a full pass of a new leader.
    await environment.client.patch(
      deployments,
      { namespace: 'shop', name: 'fn-still' },
      { status: { observedGeneration: 1 } },
      { type: 'merge', subresource: 'status' },
    );
    await operator.stop();
    await operator.start();
    await until(async () => (await reconcileCount()) > 0, 'reconciles after the restart');
    await still.pod('still-2', {});
    await until(async () => (await still.get()).status?.replicas === 2, 'the second pod to be counted');
    await still.removePod('still-2');
    const after = await until(async () => {
      const found = await still.get();
      return found.status?.replicas === 1 && found;
    }, 'the second pod to be gone');
    expect(reconciles).toBeGreaterThan(0);
    expect(after.status).toEqual(before[0].status);
    const deployment = await still.deployment();
    expect(deployment.metadata?.generation).toBe(before[1].metadata?.generation);
    expect(
      deployment.metadata?.managedFields?.filter(({ manager }) => manager === fieldManagers.function),
    ).toEqual(before[1].metadata?.managedFields?.filter(({ manager }) => manager === fieldManagers.function));
    expect(await still.notes('Loaded')).toHaveLength(1);
  });

  it('is put right when someone changes or deletes its children', async () => {
    const healed = fn('healed');
    await healed.apply(inline());
    await healed.reason('Verifying');
    await healed.pod('healed-1', { ready: true });
    const { status } = await healed.reason('Loaded');
    const ref = { namespace: 'shop', name: 'fn-healed' };
    const image = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'evil' }];
    await environment.client.patch(deployments, ref, image, { type: 'json' });
    await until(async () => {
      const { spec } = await healed.deployment();
      return spec?.template.spec?.containers[0]?.image === 'catnap-runtime-nodejs26:0.1.0';
    }, 'the image to be put right');
    await environment.client.delete(configMaps, { namespace: 'shop', name: `fn-healed-${status?.revision}` });
    await until(
      () => environment.client.get(configMaps, { namespace: 'shop', name: `fn-healed-${status?.revision}` }),
      'the code to be back',
    );
    await healed.removePod('healed-1');
    await environment.client.delete(deployments, ref);
    // It is known to load, so it must not start a pod.
    await until(() => healed.deployment(), 'the Deployment to be back');
    expect(await healed.replicas()).toBe(0);
  });
});

describe('code that does not load', () => {
  it('is reported with its place, put to rest, and tried again when a caller wakes it', async () => {
    const broken = fn('broken');
    await broken.apply(inline());
    await broken.reason('Verifying');
    await broken.pod('broken-1', { container: loadFailure('SyntaxError: no') });
    const failed = await broken.reason('LoadFailed');
    expect(failed.status?.conditions?.[0]).toMatchObject({
      status: 'False',
      message: 'The code does not load: SyntaxError: no (index.mjs:3)',
    });
    await broken.scaledTo(0);
    await broken.removePod('broken-1');
    await until(async () => (await broken.get()).status?.replicas === 0, 'the pod to be gone');
    expect((await broken.reason('LoadFailed')).status?.loadedRevision).toBeUndefined();

    await broken.wake(1);
    await until(async () => (await broken.notes('Woken')).length === 1, 'an event for the wake');
    expect((await broken.notes('Woken'))[0]).toBe('Woken from 0 to 1 by a gateway, for a call.');
    expect(await broken.replicas()).toBe(1);
    await broken.pod('broken-2', { container: loadFailure('SyntaxError: no') });
    await broken.scaledTo(0);
    await broken.removePod('broken-2');

    await broken.apply(inline('export const handler = 1'));
    await broken.scaledTo(1);
    await broken.reason('Verifying');
    await broken.pod('broken-3', { ready: true });
    await broken.reason('Loaded');
    expect(await broken.notes('LoadFailed')).toHaveLength(1);
  });

  it('does not take down what still answers', async () => {
    const rolling = fn('rolling');
    await rolling.apply(inline());
    await rolling.reason('Verifying');
    await rolling.pod('rolling-1', { ready: true });
    await rolling.reason('Loaded');
    await rolling.apply(inline('broken'));
    await rolling.reason('Verifying');
    await rolling.pod('rolling-2', { container: loadFailure('no') });
    const { status } = await rolling.reason('LoadFailed');
    expect(status?.conditions?.[0]?.message).toContain('[1 pod of an earlier revision still answer');
    expect(await rolling.replicas()).toBe(1);
  });
});

describe('a blocked pod', () => {
  it('is deleted and reported once', async () => {
    const blocked = fn('blocked');
    await blocked.apply(inline());
    await blocked.reason('Verifying');
    const message = JSON.stringify({ reason: 'Blocked', message: 'a call ran for 31 s' });
    await blocked.pod('blocked-1', {
      container: { state: { terminated: { exitCode: 124, message } } },
    });
    await until(async () => !(await blocked.podExists('blocked-1')), 'the pod to be deleted');
    await until(async () => (await blocked.notes('PodReplaced')).length > 0, 'the event');
    expect(await blocked.notes('PodReplaced')).toHaveLength(1);
  });
});

describe('code in a ConfigMap', () => {
  it('is waited for, and rolls out when it changes', async () => {
    const shared = fn('shared');
    await shared.apply({ source: { configMap: { name: 'code' } } });
    const missing = await shared.reason('SourceMissing');
    expect(missing.status?.conditions?.[0]?.message).toContain('ConfigMap "code"');
    await expect(shared.deployment()).rejects.toMatchObject({ status: 404 });

    const configMap = { metadata: { namespace: 'shop', name: 'code' }, data: { 'index.mjs': '1' } };
    await environment.client.create(configMaps, configMap);
    const first = (await shared.reason('Verifying')).status?.revision;
    await environment.client.update(configMaps, { ...configMap, data: { 'index.mjs': '2' } });
    await until(async () => {
      const { spec } = await shared.deployment();
      const revision = spec?.template.metadata?.labels?.['catnap.dev/revision'];
      return revision !== first && revision === (await shared.get()).status?.revision;
    }, 'the new content to roll out');
  });
});

describe('a paused function', () => {
  it('is left alone until it is resumed', async () => {
    const paused = fn('paused');
    await paused.apply(inline());
    await paused.reason('Verifying');
    await paused.pod('paused-1', { ready: true });
    const before = (await paused.reason('Loaded')).status;
    await paused.apply(inline('new'), { 'catnap.dev/paused': 'true' });
    const { status } = await paused.reason('Paused');
    expect(status?.conditions?.[0]).toMatchObject({
      status: 'True',
      message: expect.stringContaining('Loaded'),
    });
    expect(status?.revision).toBe(before?.revision);
    expect(status?.observedGeneration).toBe(1);
    expect((await paused.deployment()).metadata?.generation).toBe(1);
    await paused.apply(inline('new'), { 'catnap.dev/paused': 'false' });
    await paused.reason('Verifying');
    await until(
      async () => (await paused.deployment()).metadata?.generation === 2,
      'the new code to roll out',
    );
  });
});

describe('a name that is taken', () => {
  it('is reported, and the other object stays as it is', async () => {
    const ref = { namespace: 'shop', name: 'fn-taken' };
    const labels = { app: 'other' };
    await environment.client.create(deployments, {
      metadata: ref,
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'app' }] } },
      },
    });
    const taken = fn('taken');
    await taken.apply({ ...inline(), scaling: { minReplicas: 5 } as never });
    await taken.reason('NameConflict');
    const { metadata, spec } = await taken.deployment();
    expect(metadata?.generation).toBe(1);
    expect(spec?.replicas).toBe(2);
  });
});

describe('ConfigMaps of old revisions', () => {
  it('are removed but for the last two and those a ReplicaSet refers to', async () => {
    const many = fn('many');
    const revisions: string[] = [];
    for (let version = 0; version < 6; version++) {
      await many.apply(inline(`version ${version}`));
      const revision = await until(async () => {
        const { status } = await many.get();
        return status?.revision !== revisions.at(-1) && status?.revision;
      }, 'the next revision');
      if (version === 0) await replicaSetOf('many', revision);
      revisions.push(revision);
    }
    await until(async () => {
      const { items } = await environment.client.list(configMaps, {
        namespace: 'shop',
        labelSelector: 'catnap.dev/function=many',
      });
      const left = items.map(({ metadata }) => metadata?.labels?.['catnap.dev/revision']);
      const expected = [revisions[0], ...revisions.slice(-3)];
      return JSON.stringify(left.sort()) === JSON.stringify(expected.sort());
    }, 'old ConfigMaps to be removed');
  });
});

describe('the NetworkPolicy of a namespace', () => {
  const ref = { namespace: 'isolated', name: 'catnap-functions' };
  const policy = () => environment.client.get(networkPolicies, ref);
  const isGone = () =>
    policy().then(
      () => false,
      (error: unknown) => isNotFound(error),
    );

  it('comes with the first Function, is put right, and goes with the last', async () => {
    await environment.client.create(namespaces, { metadata: { name: ref.namespace } });
    const first = testFunction(environment.client, 'first', ref.namespace);
    const last = testFunction(environment.client, 'last', ref.namespace);
    await first.apply(inline());
    const made = await until(policy, 'the policy to appear');
    expect(made.spec?.podSelector.matchLabels).toEqual({ 'app.kubernetes.io/managed-by': 'catnap' });
    await last.apply(inline());
    await environment.client.patch(
      networkPolicies,
      ref,
      { metadata: { labels: null }, spec: { ingress: [{}] } },
      { type: 'merge' },
    );
    await until(async () => {
      const { metadata, spec } = await policy();
      expect(spec).toEqual(made.spec);
      expect(metadata?.labels).toEqual(made.metadata?.labels);
      return true;
    }, 'the policy to be put right');
    await first.remove();
    await last.pod('last-1');
    await last.remove();
    await until(async () => (await functionsIn(ref.namespace)) === 0, 'the Functions to go');
    expect(await isGone()).toBe(false);
    await last.removePod('last-1');
    await until(isGone, 'the policy to go');
  });

  it('of somebody else is left alone', async () => {
    const namespace = 'taken';
    await environment.client.create(namespaces, { metadata: { name: namespace } });
    const foreign = { metadata: { namespace, name: ref.name }, spec: { podSelector: {} } };
    await environment.client.create(networkPolicies, foreign);
    await testFunction(environment.client, 'guest', namespace).apply(inline());
    const event = await until(async () => {
      const { items } = await environment.client.list(events, { namespace });
      return items.find(({ regarding }) => regarding?.kind === 'NetworkPolicy');
    }, 'an event about it');
    expect(event).toMatchObject({ type: 'Warning', reason: 'NameConflict' });
    const { spec } = await environment.client.get(networkPolicies, { namespace, name: ref.name });
    expect(spec?.ingress).toBeUndefined();
  });
});

async function functionsIn(namespace: string): Promise<number> {
  return (await environment.client.list(functions, { namespace })).items.length;
}

async function replicaSetOf(name: string, revision: string): Promise<void> {
  const labels = { 'catnap.dev/function': name, 'catnap.dev/revision': revision };
  await environment.client.create(replicaSets, {
    metadata: { namespace: 'shop', name: `fn-${name}-old`, labels },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'function', image: 'x' }] } },
    },
  });
}

async function reconcileCount(): Promise<number> {
  const text = await (await fetch(`${operator.url()}/metrics`)).text();
  const line = /^controller_runtime_reconcile_total\{controller="function",result="success"\} (\d+)/m.exec(
    text,
  );
  return Number(line?.[1] ?? 0);
}
