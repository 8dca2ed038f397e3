import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Event } from 'kubernetes-types/events/v1.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { microTime } from '#kube/clock.ts';
import type { Condition } from '#kube/conditions.ts';
import { isAlreadyExists, isConflict, isInvalid, isNotFound } from '#kube/errors.ts';
import { createEventRecorder } from '#kube/events.ts';
import { listAll } from '#kube/list-all.ts';
import { ownerReference } from '#kube/owner-reference.ts';
import { configMaps, coreEvents, deployments, events, functions, leases } from '#kube/resource.ts';
import { startTestApi, type TestApi } from './api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api?.stop());

const named = (name: string) => ({ namespace: api.namespace, name });
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: unknown) => error,
  );

const deployment = (name: string, image = 'a:1', labels: Record<string, string> = {}): Deployment => ({
  metadata: { ...named(name), labels },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image }] } },
  },
});
const hello = (name: string): CatnapFunction => ({
  apiVersion: 'catnap.dev/v1alpha1',
  kind: 'Function',
  metadata: named(name),
  spec: { source: { inline: { files: { 'index.mjs': 'export const handler = () => 1' } } } } as never,
});

it('T1.16: the server accepts the times of a Lease, and gives them back as strings', async () => {
  const now = microTime(Date.now());
  const spec = { holderIdentity: 'a', leaseDurationSeconds: 15, acquireTime: now, renewTime: now };
  await api.client.create(leases, { metadata: named('times'), spec });
  const read = await api.client.get(leases, named('times'));
  expect(read.spec).toMatchObject(spec);
  const later = { ...read, spec: { ...read.spec, renewTime: microTime(Date.now() + 1_000) } };
  await api.client.update(leases, later);
  expect(isConflict(await failureOf(api.client.update(leases, later)))).toBe(true);
});

it('two field managers share an object: each removes only what it set', async () => {
  const ref = named('shared');
  const apply = (fieldManager: string, data: Record<string, string>) =>
    api.client.apply(configMaps, { metadata: ref, data }, { fieldManager });
  await apply('first', { a: '1', b: '1' });
  await apply('second', { b: '2', c: '2' });
  expect((await api.client.get(configMaps, ref)).data).toEqual({ a: '1', b: '2', c: '2' });
  await apply('first', {});
  expect((await api.client.get(configMaps, ref)).data).toEqual({ b: '2', c: '2' });
});

it('a Deployment that is applied without replicas leaves them to whoever scales', async () => {
  const ref = named('scaled');
  const apply = (image: string) =>
    api.client.apply(deployments, deployment('scaled', image), { fieldManager: 'builder' });
  await apply('a:1');
  await api.client.setScale(deployments, ref, 3, { fieldManager: 'scaler' });
  await apply('a:2');
  const applied = await api.client.get(deployments, ref);
  expect(applied.spec?.replicas).toBe(3);
  expect(applied.spec?.template.spec?.containers[0]?.image).toBe('a:2');
});

it('setting the scale fails with a conflict when the Deployment changed since', async () => {
  const ref = named('locked');
  await api.client.apply(deployments, deployment('locked'), { fieldManager: 'builder' });
  const { metadata } = await api.client.getScale(deployments, ref);
  const options = { fieldManager: 'scaler', resourceVersion: metadata?.resourceVersion };
  expect((await api.client.setScale(deployments, ref, 2, options)).spec?.replicas).toBe(2);
  expect(isConflict(await failureOf(api.client.setScale(deployments, ref, 5, options)))).toBe(true);
  expect((await api.client.getScale(deployments, ref)).spec?.replicas).toBe(2);
});

it('conditions of a Function are a map by type: two writers do not overwrite each other', async () => {
  const fn = await api.client.create(functions, hello('conditions'));
  const write = (fieldManager: string, type: string, status: Condition['status']) =>
    api.client.apply(
      functions,
      {
        ...fn,
        metadata: named('conditions'),
        spec: undefined as never,
        status: {
          conditions: [
            { type, status, reason: 'Test', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
          ],
        },
      },
      { fieldManager, subresource: 'status' },
    );
  await write('one', 'Ready', 'True');
  const both = await write('two', 'Active', 'False');
  expect(both.status?.conditions?.map(({ type, status }) => [type, status])).toEqual([
    ['Ready', 'True'],
    ['Active', 'False'],
  ]);
  expect(both.metadata.generation).toBe(1);
});

it('errors say what the server says', async () => {
  expect(await failureOf(api.client.get(functions, named('absent')))).toMatchObject({
    status: 404,
    reason: 'NotFound',
    message: 'functions.catnap.dev "absent" not found',
  });
  await api.client.create(functions, hello('twice'));
  expect(isAlreadyExists(await failureOf(api.client.create(functions, hello('twice'))))).toBe(true);
  const wrong = { ...hello('wrong'), spec: { timeoutSeconds: 0 } as never };
  const error = await failureOf(api.client.create(functions, wrong));
  expect(isInvalid(error)).toBe(true);
  expect((error as Error).message).toContain('spec.timeoutSeconds');
});

it('deletes only what the preconditions describe', async () => {
  const ref = named('guarded');
  const { metadata } = await api.client.create(configMaps, { metadata: ref });
  const wrong = { preconditions: { uid: '00000000-0000-0000-0000-000000000000' } };
  expect(isConflict(await failureOf(api.client.delete(configMaps, ref, wrong)))).toBe(true);
  await api.client.delete(configMaps, ref, { preconditions: { uid: metadata?.uid } });
  expect(isNotFound(await failureOf(api.client.get(configMaps, ref)))).toBe(true);
});

it('lists in pages', async () => {
  const labels = { page: 'yes' };
  for (let index = 0; index < 7; index++) {
    await api.client.create(configMaps, { metadata: { ...named(`page-${index}`), labels } });
  }
  const { items } = await listAll(api.client, configMaps, {
    namespace: api.namespace,
    labelSelector: 'page=yes',
    pageSize: 3,
  });
  expect(items.map(({ metadata }) => metadata?.name)).toEqual([0, 1, 2, 3, 4, 5, 6].map((n) => `page-${n}`));
});

it('the server accepts Events and their series, and shows them in both APIs', async () => {
  const fn = await api.client.create(functions, hello('eventful'));
  const recorder = createEventRecorder(api.client, 'operator');
  const happened = {
    type: 'Warning',
    reason: 'LoadFailed',
    action: 'Load',
    note: 'x is not defined',
  } as const;
  for (let index = 0; index < 3; index++) recorder.record(fn, happened);
  await recorder.stop();
  const fieldSelector = 'regarding.name=eventful';
  const { items } = await api.client.list<Event>(events, { namespace: api.namespace, fieldSelector });
  expect(items).toHaveLength(1);
  expect(items[0]).toMatchObject({
    ...happened,
    reportingController: 'catnap.dev/operator',
    regarding: { kind: 'Function', name: 'eventful', uid: fn.metadata.uid },
    series: { count: 3 },
  });
  const seen = await api.client.list(coreEvents, {
    namespace: api.namespace,
    fieldSelector: 'involvedObject.name=eventful',
  });
  expect(seen.items[0]).toMatchObject({ reason: 'LoadFailed', message: 'x is not defined' });
});

it('accepts an owner reference, and one controller only', async () => {
  const fn = await api.client.create(functions, hello('owner'));
  const reference = ownerReference(fn, functions);
  const created = await api.client.create(configMaps, {
    metadata: { ...named('owned'), ownerReferences: [reference] },
  });
  expect(created.metadata?.ownerReferences).toEqual([reference]);
  const twice = { ...named('owned-twice'), ownerReferences: [reference, { ...reference, uid: 'other' }] };
  expect(isInvalid(await failureOf(api.client.create(configMaps, { metadata: twice })))).toBe(true);
});
