import { afterAll, beforeAll, expect, it } from 'vitest';
import { CONFIG_MAPS, configMap, DEPLOYMENTS, deployment, startTestApi, type TestApi } from './fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api?.stop());

it('makes the object, then changes only what the manager owns', async () => {
  const path = `${CONFIG_MAPS}/shared`;
  const made = await api.apply(path, 'one', configMap('shared', { data: { a: '1', b: '1' } }));
  expect(made.code).toBe(201);
  await api.apply(path, 'two', configMap('shared', { data: { c: '2' } }));
  const { code, body } = await api.apply(path, 'one', configMap('shared', { data: { a: '3' } }));
  expect(code).toBe(200);
  expect(body.data).toEqual({ a: '3', c: '2' });
});

it('tells conflicts, and overrides them when forced', async () => {
  const path = `${DEPLOYMENTS}/contested`;
  await api.apply(path, 'one', deployment('contested', 1));
  const refused = await api.apply(path, 'two', deployment('contested', 2));
  expect(refused.code).toBe(409);
  expect(refused.body.message).toBe('Apply failed with 1 conflict: conflict with "one": .spec.replicas');
  expect(refused.body.details.causes).toMatchObject([
    { reason: 'FieldManagerConflict', field: '.spec.replicas' },
  ]);
  const forced = await api.apply(`${path}?force=true`, 'two', deployment('contested', 2));
  expect(forced.body).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 2 } });
});

it('writes nothing when nothing changes', async () => {
  const path = `${DEPLOYMENTS}/settled`;
  const first = await api.apply(path, 'one', deployment('settled'));
  const second = await api.apply(path, 'one', deployment('settled'));
  expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
});

it('owns no status through the object, and nothing else through the status', async () => {
  const path = `${DEPLOYMENTS}/parts`;
  await api.apply(path, 'one', { ...deployment('parts'), status: { replicas: 5 } });
  const { body } = await api.apply(`${path}/status`, 'two', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'parts' },
    spec: { replicas: 9 },
    status: { replicas: 1 },
  });
  expect(body).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 1 } });
  const managers = body.metadata.managedFields as {
    manager: string;
    subresource?: string;
    fieldsV1: object;
  }[];
  expect(managers.find(({ manager }) => manager === 'two')).toMatchObject({
    subresource: 'status',
    fieldsV1: { 'f:status': { 'f:replicas': {} } },
  });
});

it('needs a manager, known fields, and an object to be there for its status', async () => {
  const anonymous = await api.call('PATCH', `${CONFIG_MAPS}/x`, {
    type: 'application/apply-patch+yaml',
    body: configMap('x'),
  });
  expect(anonymous.code).toBe(422);
  expect(anonymous.body.message).toContain('fieldManager: Required value: is required for apply patch');
  const unknown = await api.apply(`${CONFIG_MAPS}/x`, 'one', configMap('x', { dat: {} }));
  expect(unknown.code).toBe(500);
  expect(unknown.body.message).toBe(
    'failed to create typed patch object (default/x; /v1, Kind=ConfigMap): .dat: field not declared in schema',
  );
  expect((await api.apply(`${DEPLOYMENTS}/absent/status`, 'one', deployment('absent'))).code).toBe(404);
});

it('reads YAML', async () => {
  const { code, body } = await api.call('PATCH', `${CONFIG_MAPS}/yaml?fieldManager=one`, {
    type: 'application/apply-patch+yaml',
    body: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yaml}\ndata:\n  a: |\n    two\n    lines\n',
  });
  expect(code).toBe(201);
  expect(body.data).toEqual({ a: 'two\nlines\n' });
});
