import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  CONFIG_MAPS,
  configMap,
  DEPLOYMENTS,
  defineFunctions,
  PODS,
  startTestApi,
  type TestApi,
} from './fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await defineFunctions(api);
});
afterAll(() => api?.stop());

it('lets nobody in without the token, but tells its health and version', async () => {
  for (const token of [null, 'wrong', '']) {
    const { code, body } = await api.call('GET', CONFIG_MAPS, { token });
    expect(code).toBe(401);
    expect(body).toMatchObject({ kind: 'Status', reason: 'Unauthorized' });
  }
  for (const path of ['/livez', '/readyz', '/healthz', '/readyz?verbose']) {
    expect(await api.call('GET', path, { token: null })).toMatchObject({ code: 200, text: 'ok' });
  }
  const version = await api.call('GET', '/version', { token: null });
  expect(version.body).toMatchObject({ major: '1', minor: '35', gitVersion: 'v1.35.0+catnap' });
});

it('answers with Status objects where nothing is served', async () => {
  for (const path of [
    '/nothing',
    '/api/v2',
    '/apis/nobody.example/v1',
    '/api/v1/nothings',
    `${PODS}/a/nothing`,
    `${PODS}/a/log/b`,
    '/apis//v1/x',
  ]) {
    const { code, body } = await api.get(path);
    expect([path, code, body.kind, body.reason]).toEqual([path, 404, 'Status', 'NotFound']);
  }
  const method = await api.call('PUT', CONFIG_MAPS, { body: {} });
  expect(method.code).toBe(405);
  expect(method.body.message).toBe('the server does not allow this method on the requested resource');
  expect((await api.get('/api/v1/namespaces/%zz/pods')).code).toBe(400);
});

it('bounds bodies', async () => {
  const { code, body } = await api.post(
    CONFIG_MAPS,
    configMap('big', { data: { a: 'x'.repeat(3_200_000) } }),
  );
  expect(code).toBe(413);
  expect(body).toMatchObject({
    reason: 'RequestEntityTooLarge',
    message: 'Request entity too large: limit is 3145728',
  });
});

it('negotiates the form of answers', async () => {
  const preferred = await api.get(CONFIG_MAPS, {
    accept: 'application/vnd.kubernetes.protobuf,application/json',
  });
  expect(preferred.headers['content-type']).toBe('application/json');
  const none = await api.get(CONFIG_MAPS, { accept: 'application/vnd.kubernetes.protobuf' });
  expect(none.code).toBe(406);
  await api.post(CONFIG_MAPS, configMap('formed'));
  const yaml = await api.get(`${CONFIG_MAPS}/formed`, { accept: 'application/yaml' });
  expect(yaml.text).toMatch(/^kind: ConfigMap$/m);
  const partial = await api.get(CONFIG_MAPS, {
    accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  });
  expect(partial.body.kind).toBe('PartialObjectMetadataList');
  expect(partial.body.items[0]).not.toHaveProperty('data');
});

it('refuses bodies it cannot read', async () => {
  expect((await api.call('POST', CONFIG_MAPS, { body: '{', type: 'application/json' })).code).toBe(400);
  expect((await api.call('POST', CONFIG_MAPS, { body: 'a', type: 'text/plain' })).code).toBe(415);
  expect((await api.post(CONFIG_MAPS, [])).code).toBe(400);
  expect((await api.post(CONFIG_MAPS, { ...configMap('x'), kind: 'Secret' })).code).toBe(400);
  const version = await api.post(CONFIG_MAPS, { ...configMap('x'), apiVersion: 'v2' });
  expect(version.body.message).toBe(
    'the API version in the data (v2) does not match the expected API version (v1)',
  );
});

it('describes itself, with a tag by which clients keep the description', async () => {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const { body, headers } = await api.get('/apis', { accept });
  const group = body.items.find(({ metadata }) => metadata.name === 'catnap.dev');
  expect(group?.versions).toMatchObject([
    {
      version: 'v1alpha1',
      resources: [
        {
          resource: 'functions',
          shortNames: ['fn'],
          scope: 'Namespaced',
          subresources: [
            { subresource: 'status' },
            { subresource: 'scale', responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' } },
          ],
        },
      ],
    },
  ]);
  const again = await api.get('/apis', { accept, 'if-none-match': String(headers.etag) });
  expect(again.code).toBe(304);
  const plain = await api.get('/apis/catnap.dev/v1alpha1');
  expect(plain.body.resources).toMatchObject([
    { name: 'functions' },
    { name: 'functions/status' },
    { name: 'functions/scale' },
  ]);
});

it('documents Functions, whose patches have no strategic form', async () => {
  const index = await api.get('/openapi/v3');
  const paths = index.body.paths as Record<string, { serverRelativeURL: string }>;
  const { body } = await api.get(String(paths['apis/catnap.dev/v1alpha1']?.serverRelativeURL));
  const item = (body.paths as Record<string, { patch: { requestBody: { content: object } } }>)[
    '/apis/catnap.dev/v1alpha1/namespaces/{namespace}/functions/{name}'
  ];
  const forms = Object.keys(item?.patch.requestBody.content ?? {});
  expect(forms).toContain('application/merge-patch+json');
  expect(forms).not.toContain('application/strategic-merge-patch+json');
});

it('gives Events in both versions', async () => {
  const modern = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: 'seen' },
    eventTime: '2026-01-01T00:00:00.000000Z',
    regarding: { kind: 'Pod', name: 'a', namespace: 'default' },
    reason: 'Seen',
    action: 'Seeing',
    note: 'it was seen',
    type: 'Normal',
    reportingController: 'catnap.dev/test',
    reportingInstance: 'one',
  };
  expect((await api.post('/apis/events.k8s.io/v1/namespaces/default/events', modern)).code).toBe(201);
  const core = await api.get('/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Da');
  expect(core.body.items).toMatchObject([
    { involvedObject: { kind: 'Pod' }, message: 'it was seen', reportingComponent: 'catnap.dev/test' },
  ]);
  const selected = await api.get('/apis/events.k8s.io/v1/events?fieldSelector=regarding.kind%3DNode');
  expect(selected.body.items).toEqual([]);
});

it('applies the three forms of patch', async () => {
  await api.post(DEPLOYMENTS, {
    metadata: { name: 'patched' },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: {
        metadata: { labels: { a: 'b' } },
        spec: {
          containers: [
            { name: 'one', image: 'x' },
            { name: 'two', image: 'y' },
          ],
        },
      },
    },
  });
  const path = `${DEPLOYMENTS}/patched`;
  const strategic = await api.patch(path, 'strategic', {
    spec: { template: { spec: { containers: [{ name: 'two', image: 'z' }] } } },
  });
  const images = ({ body }: typeof strategic) =>
    (body.spec.template as { spec: { containers: { image: string }[] } }).spec.containers.map(
      ({ image }) => image,
    );
  expect(images(strategic).toSorted()).toEqual(['x', 'z']);
  const json = await api.patch(path, 'json', [
    { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'w' },
  ]);
  expect(images(json)).toContain('w');
  const failed = await api.patch(path, 'json', [{ op: 'test', path: '/spec/replicas', value: 9 }]);
  expect(failed.code).toBe(422);
  const merge = await api.patch(path, 'merge', {
    spec: { template: { spec: { containers: [{ name: 'one', image: 'v' }] } } },
  });
  expect(images(merge)).toEqual(['v']);
});
