import { afterEach, expect, it } from 'vitest';
import {
  createKubeClient,
  type KubeClient,
  type KubeClientOptions,
  type RequestObservation,
} from './client.ts';
import { isConflict, isNotFound, type KubeError } from './errors.ts';
import { kubeConfigFor } from './kube-config.ts';
import { configMaps, deployments, functions, nodes, pods } from './resource.ts';
import {
  json,
  type Script,
  type ScriptedServer,
  startScriptedServer,
  statusObject,
} from './testing/scripted-server.ts';
import { VERSION } from './version.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((item) => item.close()));
});

async function serve(
  script: Script,
  options: Partial<KubeClientOptions> = {},
): Promise<{ server: ScriptedServer; client: KubeClient }> {
  const server = await startScriptedServer(script);
  const kubeConfig = kubeConfigFor({ server: server.url, token: 'sesame' });
  const client = createKubeClient({ component: 'test', kubeConfig, ...options });
  open.push(client, server);
  return { server, client };
}

const failure = (promise: Promise<unknown>): Promise<KubeError> =>
  promise.then(
    () => Promise.reject(new Error('it succeeded')),
    (error) => error,
  );
const ref = { namespace: 'shop', name: 'web' };

it('gets an object with token and User-Agent', async () => {
  const { server, client } = await serve((_, response) => json(response, 200, { metadata: { name: 'web' } }));
  expect((await client.get(pods, ref)).metadata?.name).toBe('web');
  expect(server.requests[0]).toMatchObject({ method: 'GET', path: '/api/v1/namespaces/shop/pods/web' });
  expect(server.requests[0]?.headers).toMatchObject({
    authorization: 'Bearer sesame',
    'user-agent': `catnap-test/${VERSION}`,
  });
});

it('keeps the path prefix of the server address', async () => {
  const server = await startScriptedServer((_, response) => json(response, 200, {}));
  const kubeConfig = kubeConfigFor({ server: `${server.url}/clusters/a/` });
  const client = createKubeClient({ component: 'test', kubeConfig });
  open.push(client, server);
  await client.get(nodes, { name: 'n' });
  expect(server.requests[0]?.path).toBe('/clusters/a/api/v1/nodes/n');
});

it('gives listed objects the apiVersion and kind that servers leave out', async () => {
  const { client } = await serve((_, response) =>
    json(response, 200, {
      metadata: { resourceVersion: '7', continue: '' },
      items: [{ metadata: { name: 'web' } }],
    }),
  );
  const list = await client.list(deployments, { namespace: 'shop' });
  expect(list.items[0]).toMatchObject({ apiVersion: 'apps/v1', kind: 'Deployment' });
  expect(list).toMatchObject({ resourceVersion: '7', continue: undefined });
});

it('passes selectors, limit and continue token, and leaves out what is not given', async () => {
  const { server, client } = await serve((_, response) =>
    json(response, 200, { metadata: { resourceVersion: '1' }, items: null }),
  );
  const list = await client.list(pods, { labelSelector: 'a=b,c', limit: 500, continue: 'tok' });
  expect(list.items).toEqual([]);
  expect(server.requests[0]?.path).toBe('/api/v1/pods');
  expect(Object.fromEntries(server.requests[0]?.query ?? [])).toEqual({
    labelSelector: 'a=b,c',
    limit: '500',
    continue: 'tok',
  });
});

it('refuses to address a namespaced object without its namespace', async () => {
  const { server, client } = await serve((_, response) => json(response, 200, {}));
  await expect(client.get(pods, { name: 'web' })).rejects.toThrow(
    "Pod web: the object's namespace is missing",
  );
  await expect(client.create(pods, { metadata: { name: 'web' } })).rejects.toThrow('namespace is missing');
  await expect(client.delete(pods, { namespace: 'shop', name: '' })).rejects.toThrow('name is empty');
  expect(server.requests).toHaveLength(0);
});

it('has no way out of the path in a name', async () => {
  const { server, client } = await serve((_, response) => json(response, 200, {}));
  await client.get(configMaps, { namespace: 'shop', name: '../../secrets/x?y#z' });
  expect(server.requests[0]?.path).toBe('/api/v1/namespaces/shop/configmaps/..%2F..%2Fsecrets%2Fx%3Fy%23z');
});

it('sends each patch with the content type of its strategy', async () => {
  const { server, client } = await serve((_, response) => json(response, 200, {}));
  await client.patch(functions, ref, { a: 1 }, { type: 'merge', fieldManager: 'm' });
  await client.patch(functions, ref, [], { type: 'json' });
  await client.patch(deployments, ref, {}, { type: 'strategic', subresource: 'status' });
  expect(server.requests.map((request) => request.headers['content-type'])).toEqual([
    'application/merge-patch+json',
    'application/json-patch+json',
    'application/strategic-merge-patch+json',
  ]);
  expect(server.requests[0]?.query.get('fieldManager')).toBe('m');
  expect(server.requests[2]?.path).toBe('/apis/apps/v1/namespaces/shop/deployments/web/status');
});

it('refuses a patch body that does not fit its strategy', async () => {
  const { server, client } = await serve((_, response) => json(response, 200, {}));
  await expect(client.patch(pods, ref, {}, { type: 'json' })).rejects.toThrow('a json patch is a list');
  await expect(client.patch(pods, ref, [], { type: 'merge' })).rejects.toThrow('a json patch is a list');
  expect(server.requests).toHaveLength(0);
});

it('applies with force and a field manager, and nothing but the given object', async () => {
  const { server, client } = await serve((_, response) => json(response, 200, {}));
  const object = { metadata: { ...ref }, data: { a: '1' } };
  await client.apply(configMaps, object, { fieldManager: 'catnap-test' });
  const [request] = server.requests;
  expect(request).toMatchObject({ method: 'PATCH', path: '/api/v1/namespaces/shop/configmaps/web' });
  expect(request?.headers['content-type']).toBe('application/apply-patch+yaml');
  expect(Object.fromEntries(request?.query ?? [])).toEqual({ fieldManager: 'catnap-test', force: 'true' });
  expect(JSON.parse(request?.body ?? '')).toEqual({ ...object, apiVersion: 'v1', kind: 'ConfigMap' });
  await expect(client.apply(configMaps, object, { fieldManager: '' })).rejects.toThrow(
    'fieldManager is missing',
  );
});

it('scales through the subresource, with the resourceVersion as a lock', async () => {
  const { server, client } = await serve((_, response) => json(response, 200, { spec: { replicas: 3 } }));
  await client.setScale(deployments, ref, 3, { fieldManager: 'm', resourceVersion: '42' });
  expect(server.requests[0]).toMatchObject({
    method: 'PATCH',
    path: '/apis/apps/v1/namespaces/shop/deployments/web/scale',
    body: '{"metadata":{"resourceVersion":"42"},"spec":{"replicas":3}}',
  });
  expect((await client.getScale(deployments, ref)).spec?.replicas).toBe(3);
  await expect(client.setScale(deployments, ref, -1, { fieldManager: 'm' })).rejects.toThrow('whole number');
});

it('deletes with propagation policy and preconditions', async () => {
  const { server, client } = await serve((_, response) => json(response, 200, {}));
  await client.delete(pods, ref, { propagationPolicy: 'Foreground', preconditions: { uid: 'u' } });
  expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    propagationPolicy: 'Foreground',
    preconditions: { uid: 'u' },
  });
});

it('turns a Status into a typed error that holds the sentence of the server', async () => {
  const details = { name: 'web', kind: 'pods' };
  const { client } = await serve((_, response) =>
    json(response, 404, statusObject(404, 'NotFound', 'pods "web" not found', details)),
  );
  const error = await failure(client.get(pods, ref));
  expect(error).toMatchObject({
    name: 'KubeError',
    status: 404,
    reason: 'NotFound',
    retryable: false,
    details,
  });
  expect(error.message).toBe('pods "web" not found');
  expect(isNotFound(error)).toBe(true);
});

it('tells a conflict from an object that exists already', async () => {
  const { server, client } = await serve((_, response) =>
    json(response, 409, statusObject(409, 'Conflict', 'the object has been modified')),
  );
  const update = () => client.update(configMaps, { metadata: { ...ref, resourceVersion: '1' } });
  expect(isConflict(await failure(update()))).toBe(true);
  server.script = (_, response) => json(response, 409, statusObject(409, 'AlreadyExists', 'exists'));
  expect(isConflict(await failure(update()))).toBe(false);
});

it('never shows headers or body of an answer that is no Status', async () => {
  const { client } = await serve((_, response) => {
    response.writeHead(502, { 'x-secret': 'hush' }).end('<html>internal address 10.0.0.1</html>');
  });
  const error = await failure(client.get(pods, ref));
  expect(error).toMatchObject({ status: 502, reason: 'Unknown', retryable: true });
  expect(error.message).toBe('get /api/v1/namespaces/shop/pods/web: the API server answered 502');
});

it('rejects a success that is not JSON', async () => {
  const { client } = await serve((_, response) => void response.writeHead(200).end('<html>'));
  expect(await failure(client.get(pods, ref))).toMatchObject({ status: 0, reason: 'InvalidResponse' });
});

it('rejects an answer above the bound', async () => {
  const { client } = await serve((_, response) => json(response, 200, { data: 'x'.repeat(2000) }), {
    maxResponseBytes: 1000,
  });
  const error = await failure(client.get(pods, ref));
  expect(error).toMatchObject({ reason: 'InvalidResponse', retryable: false });
});

it('T1.13: a server that never answers ends the call at its deadline', async () => {
  const { client } = await serve(() => {}, { timeoutMs: 60 });
  const error = await failure(client.get(pods, ref));
  expect(error).toMatchObject({ status: 0, reason: 'ClientTimeout', retryable: true });
  expect(error.message).toContain('within 60 ms');
});

it('T1.13: a server that stops in the middle of an answer ends the call at its deadline', async () => {
  const { client } = await serve((_, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('{"metadata":');
  });
  expect(await failure(client.get(pods, ref, { timeoutMs: 60 }))).toMatchObject({ reason: 'ClientTimeout' });
});

it('rejects with the reason of the signal that cancelled the call', async () => {
  const { client } = await serve(() => {});
  const controller = new AbortController();
  const call = client.get(pods, ref, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(call).rejects.toThrow('enough');
});

it('tells a refused connection as a retryable error without an answer', async () => {
  const { server, client } = await serve(() => {});
  await server.close();
  expect(await failure(client.get(pods, ref))).toMatchObject({
    status: 0,
    reason: 'ConnectionFailed',
    retryable: true,
  });
});

it('waits as Retry-After says and repeats a GET', async () => {
  let calls = 0;
  const { client } = await serve((_, response) => {
    calls += 1;
    if (calls === 1)
      json(response, 429, statusObject(429, 'TooManyRequests', 'slow down'), { 'retry-after': '0' });
    else json(response, 200, { metadata: { name: 'web' } });
  });
  expect((await client.get(pods, ref)).metadata?.name).toBe('web');
});

it('gives up a GET after two repetitions and tells how long the server asks to wait', async () => {
  const { server, client } = await serve((_, response) =>
    json(response, 503, statusObject(503, 'ServiceUnavailable', 'starting'), { 'retry-after': '0' }),
  );
  expect(await failure(client.get(pods, ref))).toMatchObject({ status: 503, retryAfterSeconds: 0 });
  expect(server.requests).toHaveLength(3);
});

it('does not repeat writes, nor wait for long', async () => {
  const { server, client } = await serve((request, response) =>
    json(response, 429, statusObject(429, 'TooManyRequests', 'slow down'), {
      'retry-after': request.method === 'GET' ? '60' : '0',
    }),
  );
  expect(await failure(client.delete(pods, ref))).toMatchObject({ status: 429, retryable: true });
  expect(await failure(client.get(pods, ref))).toMatchObject({ retryAfterSeconds: 60 });
  expect(server.requests).toHaveLength(2);
});

it('tells its observer each request with its verb, code and host', async () => {
  const seen: RequestObservation[] = [];
  const { server, client } = await serve(
    (request, response) => (request.method === 'GET' ? json(response, 200, {}) : json(response, 201, {})),
    { metrics: { request: (observation) => seen.push(observation) } },
  );
  await client.get(pods, ref);
  await client.create(configMaps, { metadata: { ...ref } });
  await server.close();
  await failure(client.delete(pods, ref));
  const host = `127.0.0.1:${server.port}`;
  expect(seen).toMatchObject([
    { method: 'GET', verb: 'get', host, code: '200' },
    { method: 'POST', verb: 'create', host, code: '201' },
    { method: 'DELETE', verb: 'delete', host, code: '<error>' },
  ]);
  expect(seen.every(({ durationSeconds }) => durationSeconds > 0 && durationSeconds < 5)).toBe(true);
});
