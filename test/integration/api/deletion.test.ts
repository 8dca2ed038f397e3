import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  CONFIG_MAPS,
  configMap,
  DEPLOYMENTS,
  deployment,
  PODS,
  pod,
  startTestApi,
  type TestApi,
} from './fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api?.stop());

it('answers with what was deleted', async () => {
  const { body: created } = await api.post(CONFIG_MAPS, configMap('plain'));
  const { code, body } = await api.call('DELETE', `${CONFIG_MAPS}/plain`);
  expect(code).toBe(200);
  expect(body).toMatchObject({
    status: 'Success',
    details: { name: 'plain', kind: 'configmaps', uid: created.metadata.uid },
  });
  const again = await api.call('DELETE', `${CONFIG_MAPS}/plain`);
  expect(again.code).toBe(404);
  expect(again.body.message).toBe('configmaps "plain" not found');
});

it('waits for finalizers, and lets none be added', async () => {
  const finalizers = ['example.com/hold'];
  await api.post(CONFIG_MAPS, { ...configMap('held'), metadata: { name: 'held', finalizers } });
  const { body } = await api.call('DELETE', `${CONFIG_MAPS}/held`);
  expect(body.metadata).toMatchObject({ finalizers, deletionGracePeriodSeconds: 0 });
  expect(body.metadata.deletionTimestamp).toBeDefined();
  const added = await api.patch(`${CONFIG_MAPS}/held`, 'merge', {
    metadata: { finalizers: [...finalizers, 'example.com/more'] },
  });
  expect(added.code).toBe(422);
  expect(added.body.message).toContain(
    'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/more"}',
  );
  await api.patch(`${CONFIG_MAPS}/held`, 'merge', { metadata: { finalizers: null } });
  expect((await api.get(`${CONFIG_MAPS}/held`)).code).toBe(404);
});

it('keeps a running pod for its grace period, until its kubelet deletes it for good', async () => {
  await api.post(PODS, pod('graceful', { nodeName: 'node-a', terminationGracePeriodSeconds: 20 }));
  const path = `${PODS}/graceful`;
  const { body: first } = await api.call('DELETE', path);
  expect(first.metadata.deletionGracePeriodSeconds).toBe(20);
  const left = Date.parse(String(first.metadata.deletionTimestamp)) - Date.now();
  expect(left).toBeGreaterThan(17_000);
  expect(left).toBeLessThanOrEqual(20_000);
  const { body: shorter } = await api.call('DELETE', path, { body: { gracePeriodSeconds: 5 } });
  expect(shorter.metadata.deletionGracePeriodSeconds).toBe(5);
  const { body: longer } = await api.call('DELETE', path, { body: { gracePeriodSeconds: 50 } });
  expect(longer.metadata.deletionGracePeriodSeconds).toBe(5);
  // A status written meanwhile does not end it.
  await api.patch(`${path}/status`, 'merge', { status: { phase: 'Running' } });
  expect((await api.get(path)).code).toBe(200);
  await api.call('DELETE', path, { body: { gracePeriodSeconds: 0 } });
  expect((await api.get(path)).code).toBe(404);
});

it('deletes a pod at once that never reached a node', async () => {
  await api.post(PODS, pod('unscheduled'));
  await api.call('DELETE', `${PODS}/unscheduled`);
  expect((await api.get(`${PODS}/unscheduled`)).code).toBe(404);
});

it('checks preconditions', async () => {
  const { body } = await api.post(CONFIG_MAPS, configMap('guarded'));
  const path = `${CONFIG_MAPS}/guarded`;
  const wrong = await api.call('DELETE', path, { body: { preconditions: { uid: 'other' } } });
  expect(wrong.code).toBe(409);
  expect(wrong.body.message).toContain(
    'the UID in the precondition (other) does not match the UID in record',
  );
  const { uid, resourceVersion } = body.metadata;
  const right = await api.call('DELETE', path, { body: { preconditions: { uid, resourceVersion } } });
  expect(right.code).toBe(200);
});

it.each([
  ['Foreground', 'foregroundDeletion'],
  ['Orphan', 'orphan'],
])('leaves the %s policy to the garbage collector as a finalizer', async (propagationPolicy, finalizer) => {
  const name = `policy-${finalizer.toLowerCase()}`;
  await api.post(DEPLOYMENTS, deployment(name));
  const { body } = await api.call('DELETE', `${DEPLOYMENTS}/${name}`, { body: { propagationPolicy } });
  expect(body.metadata.finalizers).toEqual([finalizer]);
});

it('deletes the collection that selectors describe', async () => {
  for (const [name, labels] of Object.entries({ c1: { set: 'x' }, c2: { set: 'x' }, c3: { set: 'y' } })) {
    await api.post(CONFIG_MAPS, { ...configMap(name), metadata: { name, labels } });
  }
  const { code, body } = await api.call('DELETE', `${CONFIG_MAPS}?labelSelector=set%3Dx`);
  expect(code).toBe(200);
  expect(body.items.map(({ metadata }) => metadata.name)).toEqual(['c1', 'c2']);
  const rest = await api.get(`${CONFIG_MAPS}?labelSelector=set`);
  expect(rest.body.items.map(({ metadata }) => metadata.name)).toEqual(['c3']);
});

it('keeps a namespace until it is finalized', async () => {
  await api.post('/api/v1/namespaces', { metadata: { name: 'passing' } });
  const { body } = await api.call('DELETE', '/api/v1/namespaces/passing');
  expect(body).toMatchObject({ spec: { finalizers: ['kubernetes'] }, status: { phase: 'Terminating' } });
  const finalized = await api.call('PUT', '/api/v1/namespaces/passing/finalize', {
    body: { ...body, spec: { finalizers: [] } },
  });
  expect(finalized.code).toBe(200);
  expect((await api.get('/api/v1/namespaces/passing')).code).toBe(404);
  const refused = await api.call('DELETE', '/api/v1/namespaces/default');
  expect(refused.body.message).toBe('namespaces "default" is forbidden: this namespace may not be deleted');
});

it('deletes nothing on a dry run', async () => {
  await api.post(CONFIG_MAPS, configMap('spared'));
  expect((await api.call('DELETE', `${CONFIG_MAPS}/spared?dryRun=All`)).code).toBe(200);
  expect((await api.get(`${CONFIG_MAPS}/spared`)).code).toBe(200);
});
