import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

describe('creation', () => {
  it('fills in what the server decides and takes nothing of it from the client', async () => {
    const { code, body } = await api.post(CONFIG_MAPS, {
      ...configMap('made', { data: { a: '1' } }),
      metadata: { name: 'made', uid: 'x', generation: 7, creationTimestamp: '2001-01-01T00:00:00Z' },
    });
    expect(code).toBe(201);
    expect(body.metadata).toMatchObject({ name: 'made', namespace: 'default' });
    expect(body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(body.metadata.creationTimestamp).not.toBe('2001-01-01T00:00:00Z');
    expect(body.metadata.generation).toBeUndefined();
    expect(body.metadata.managedFields).toMatchObject([{ manager: 'api-test', operation: 'Update' }]);
  });

  it('makes names from generateName', async () => {
    const { body } = await api.post(CONFIG_MAPS, { metadata: { generateName: 'gen-' } });
    expect(body.metadata.name).toMatch(/^gen-[a-z0-9]{5}$/);
  });

  it('refuses a second object of the name', async () => {
    await api.post(CONFIG_MAPS, configMap('twice'));
    const { code, body } = await api.post(CONFIG_MAPS, configMap('twice'));
    expect(code).toBe(409);
    expect(body).toMatchObject({
      kind: 'Status',
      reason: 'AlreadyExists',
      message: 'configmaps "twice" already exists',
      details: { name: 'twice', kind: 'configmaps' },
    });
  });

  it('names the field and the rule of an invalid object', async () => {
    const { code, body } = await api.post(CONFIG_MAPS, configMap('Not_A_Name'));
    expect(code).toBe(422);
    expect(body.message).toMatch(
      /^ConfigMap "Not_A_Name" is invalid: metadata.name: Invalid value: "Not_A_Name": a lowercase RFC 1123/,
    );
    expect(body.details.causes).toMatchObject([{ reason: 'FieldValueInvalid', field: 'metadata.name' }]);
  });

  it('refuses objects in namespaces that do not exist, or end', async () => {
    const missing = await api.post('/api/v1/namespaces/nowhere/configmaps', configMap('a'));
    expect(missing.code).toBe(404);
    expect(missing.body.message).toBe('namespaces "nowhere" not found');

    await api.post('/api/v1/namespaces', { metadata: { name: 'ending' } });
    await api.call('DELETE', '/api/v1/namespaces/ending');
    const ending = await api.post('/api/v1/namespaces/ending/configmaps', configMap('a'));
    expect(ending.code).toBe(403);
    expect(ending.body.message).toBe(
      'configmaps "a" is forbidden: unable to create new content in namespace ending because it is being terminated',
    );
    expect(ending.body.details.causes).toMatchObject([{ reason: 'NamespaceTerminating' }]);
  });

  it('stores nothing on a dry run', async () => {
    const { code, body } = await api.post(`${CONFIG_MAPS}?dryRun=All`, configMap('dry'));
    expect(code).toBe(201);
    expect(body.metadata.uid).toBeDefined();
    expect((await api.get(`${CONFIG_MAPS}/dry`)).code).toBe(404);
    expect((await api.post(`${CONFIG_MAPS}?dryRun=Some`, configMap('dry'))).code).toBe(422);
  });
});

describe('replacement', () => {
  it('needs the current version when it names one', async () => {
    const { body: created } = await api.post(CONFIG_MAPS, configMap('versioned'));
    const path = `${CONFIG_MAPS}/versioned`;
    const changed = await api.call('PUT', path, { body: { ...created, data: { a: '1' } } });
    expect(changed.code).toBe(200);
    const late = await api.call('PUT', path, { body: { ...created, data: { a: '2' } } });
    expect(late.code).toBe(409);
    expect(late.body.message).toBe(
      'Operation cannot be fulfilled on configmaps "versioned": the object has been modified; please apply your changes to the latest version and try again',
    );
  });

  it('writes nothing when nothing changes', async () => {
    const { body: created } = await api.post(CONFIG_MAPS, configMap('same', { data: { a: '1' } }));
    const { body } = await api.call('PUT', `${CONFIG_MAPS}/same`, {
      body: configMap('same', { data: { a: '1' } }),
    });
    expect(body.metadata.resourceVersion).toBe(created.metadata.resourceVersion);
  });

  it('counts generations of the spec only, and keeps status and spec apart', async () => {
    const { body: created } = await api.post(DEPLOYMENTS, {
      ...deployment('parts'),
      status: { replicas: 9 },
    });
    expect(created.status?.replicas).toBeUndefined();
    const path = `${DEPLOYMENTS}/parts`;
    const status = await api.patch(`${path}/status`, 'merge', {
      spec: { replicas: 7 },
      status: { replicas: 2 },
    });
    expect(status.body).toMatchObject({
      metadata: { generation: 1 },
      spec: { replicas: 1 },
      status: { replicas: 2 },
    });
    const spec = await api.patch(path, 'merge', { spec: { replicas: 3 }, status: { replicas: 8 } });
    expect(spec.body).toMatchObject({
      metadata: { generation: 2 },
      spec: { replicas: 3 },
      status: { replicas: 2 },
    });
    const label = await api.patch(path, 'merge', { metadata: { labels: { a: 'b' } } });
    expect(label.body.metadata.generation).toBe(2);
  });
});

describe('unknown fields', () => {
  const odd = configMap('odd', { data: { a: '1' }, dat: { a: '1' } });

  it('fail a strict write', async () => {
    const { code, body } = await api.post(`${CONFIG_MAPS}?fieldValidation=Strict`, odd);
    expect(code).toBe(400);
    expect(body.message).toBe(
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dat"',
    );
  });

  it('are dropped with a warning otherwise', async () => {
    const { code, headers, body } = await api.post(CONFIG_MAPS, odd);
    expect(code).toBe(201);
    expect(headers.warning).toBe('299 - "unknown field \\"dat\\""');
    expect(body).not.toHaveProperty('dat');
  });

  it('count as well when a field is set twice', async () => {
    const text = '{"metadata":{"name":"twins"},"data":{"a":"1"},"data":{"b":"2"}}';
    const { code, body } = await api.call('POST', `${CONFIG_MAPS}?fieldValidation=Strict`, { body: text });
    expect(code).toBe(400);
    expect(body.message).toContain('strict decoding error: duplicate field "data"');
  });

  it('of the wrong type are no objects of the kind', async () => {
    const { code, body } = await api.post(CONFIG_MAPS, configMap('typed', { data: { a: 1 } }));
    expect(code).toBe(400);
    expect(body.message).toContain(
      'json: cannot unmarshal number into Go struct field ConfigMap.data.a of type string',
    );
  });
});

describe('scale', () => {
  it('changes the replicas, with a check of the version when asked', async () => {
    await api.post(DEPLOYMENTS, deployment('scaled', 2));
    const path = `${DEPLOYMENTS}/scaled/scale`;
    const { body } = await api.get(path);
    expect(body).toMatchObject({ kind: 'Scale', spec: { replicas: 2 }, status: { selector: 'app=scaled' } });
    const up = await api.patch(path, 'merge', { spec: { replicas: 0 } });
    // As the real API: a zero is left out.
    expect(up.body.spec).toEqual({});
    expect((await api.get(`${DEPLOYMENTS}/scaled`)).body).toMatchObject({
      metadata: { generation: 2 },
      spec: { replicas: 0 },
    });
    const late = await api.call('PUT', path, { body: { ...body, spec: { replicas: 4 } } });
    expect(late.code).toBe(409);
    const wake = [
      { op: 'test', path: '/spec', value: {} },
      { op: 'add', path: '/spec/replicas', value: 3 },
    ];
    expect((await api.patch(path, 'json', wake)).body.spec).toEqual({ replicas: 3 });
    expect((await api.patch(path, 'json', wake)).code).toBe(422);
    const bad = await api.patch(path, 'merge', { spec: { replicas: -1 } });
    expect(bad.code).toBe(422);
  });
});

describe('pods', () => {
  it('are bound once', async () => {
    await api.post(PODS, pod('bound'));
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'bound' },
      target: { name: 'node-a' },
    };
    expect((await api.post(`${PODS}/bound/binding`, binding)).code).toBe(201);
    const { body } = await api.get(`${PODS}/bound`);
    expect(body.spec.nodeName).toBe('node-a');
    expect(body.status.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }]);
    expect((await api.post(`${PODS}/bound/binding`, binding)).code).toBe(409);
  });

  it('are evicted unless a budget protects them', async () => {
    const labelled = pod('guarded');
    await api.post(PODS, { ...labelled, metadata: { name: 'guarded', labels: { app: 'guarded' } } });
    await api.patch(`${PODS}/guarded/status`, 'merge', {
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    });
    const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
    await api.post(budgets, {
      metadata: { name: 'guard' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'guarded' } } },
    });
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'guarded' } };
    const refused = await api.post(`${PODS}/guarded/eviction`, eviction);
    expect(refused.code).toBe(429);
    expect(refused.body.message).toBe("Cannot evict pod as it would violate the pod's disruption budget.");
    await api.call('DELETE', `${budgets}/guard`);
    expect((await api.post(`${PODS}/guarded/eviction`, eviction)).code).toBe(201);
    expect((await api.get(`${PODS}/guarded`)).code).toBe(404);
  });
});

it('takes times of Leases with six fraction digits only', async () => {
  const path = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
  const lease = (renewTime: string) => ({ metadata: { name: 'lease' }, spec: { renewTime } });
  expect((await api.post(path, lease('2026-01-01T00:00:00.123Z'))).code).toBe(400);
  const { code, body } = await api.post(path, lease('2026-01-01T00:00:00.123456Z'));
  expect(code).toBe(201);
  expect(body.spec.renewTime).toBe('2026-01-01T00:00:00.123456Z');
});

it('encodes stringData of Secrets and forgets it', async () => {
  const { body } = await api.post('/api/v1/namespaces/default/secrets', {
    metadata: { name: 'secret' },
    stringData: { key: 'value' },
  });
  expect(body).toMatchObject({ type: 'Opaque', data: { key: 'dmFsdWU=' } });
  expect(body).not.toHaveProperty('stringData');
});
