import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFIG_MAPS, configMap, PODS, pod, startTestApi, type TestApi } from './fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ historyLimit: 20 });
});
afterAll(() => api?.stop());

const space = async (name: string) => {
  await api.post('/api/v1/namespaces', { metadata: { name } });
  return `/api/v1/namespaces/${name}/configmaps`;
};
const labelled = (name: string, labels: Record<string, string>) => ({
  ...configMap(name),
  metadata: { name, labels },
});
const names = (items: { metadata: Record<string, unknown> }[]) => items.map(({ metadata }) => metadata.name);

describe('lists', () => {
  it('come in pages of one version, in the order of names', async () => {
    const path = await space('pages');
    for (const name of ['c', 'a', 'e', 'b', 'd']) await api.post(path, configMap(name));
    const first = await api.get(`${path}?limit=2`);
    expect(names(first.body.items)).toEqual(['a', 'b']);
    expect(first.body.metadata.remainingItemCount).toBe(3);
    await api.call('DELETE', `${path}/c`);
    await api.post(path, configMap('cc'));
    const next = await api.get(`${path}?limit=10&continue=${first.body.metadata.continue}`);
    expect(names(next.body.items)).toEqual(['c', 'd', 'e']);
    expect(next.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    const exact = await api.get(
      `${path}?resourceVersion=${first.body.metadata.resourceVersion}&resourceVersionMatch=Exact`,
    );
    expect(names(exact.body.items)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(names((await api.get(path)).body.items)).toEqual(['a', 'b', 'cc', 'd', 'e']);
  });

  it('end with 410 when the version of their first page is forgotten', async () => {
    const path = await space('forgotten');
    for (const name of ['a', 'b']) await api.post(path, configMap(name));
    const first = await api.get(`${path}?limit=1`);
    for (let i = 0; i < 45; i++) await api.patch(`${path}/a`, 'merge', { data: { i: String(i) } });
    const next = await api.get(`${path}?limit=1&continue=${first.body.metadata.continue}`);
    expect(next.code).toBe(410);
    expect(next.body.reason).toBe('Expired');
  });

  it('select by labels and fields', async () => {
    const path = await space('selected');
    await api.post(path, labelled('a', { tier: 'web', env: 'dev' }));
    await api.post(path, labelled('b', { tier: 'db' }));
    const select = async (selector: string) =>
      names((await api.get(`${path}?labelSelector=${encodeURIComponent(selector)}`)).body.items);
    expect(await select('tier in (web, cache)')).toEqual(['a']);
    expect(await select('tier!=web')).toEqual(['b']);
    expect(await select('!env')).toEqual(['b']);
    expect(names((await api.get(`${path}?fieldSelector=metadata.name%3Db`)).body.items)).toEqual(['b']);
    const unknown = await api.get(`${path}?fieldSelector=data.x%3Db`);
    expect(unknown.code).toBe(400);
    expect(unknown.body.message).toBe('field label not supported: data.x');
  });

  it('refuse versions of the future', async () => {
    const { body } = await api.get(`${CONFIG_MAPS}?resourceVersion=99999999999999`);
    expect(body).toMatchObject({ code: 504, reason: 'Timeout' });
    expect(body.details.causes).toMatchObject([{ reason: 'ResourceVersionTooLarge' }]);
  });
});

describe('watches', () => {
  it('follow a list without a gap', async () => {
    const path = await space('followed');
    const { body } = await api.get(path);
    await api.post(path, configMap('a'));
    const watch = await api.watch(`${path}?watch=true&resourceVersion=${body.metadata.resourceVersion}`);
    await api.patch(`${path}/a`, 'merge', { data: { x: '1' } });
    await api.call('DELETE', `${path}/a`);
    const events = await watch.until(3);
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    const versions = events.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    watch.stop();
  });

  it('show an object that leaves the selection as deleted, and one that enters as added', async () => {
    const path = await space('moving');
    await api.post(path, labelled('a', { on: 'yes' }));
    const watch = await api.watch(`${path}?watch=true&labelSelector=on%3Dyes`);
    await api.patch(`${path}/a`, 'merge', { metadata: { labels: { on: 'no' } } });
    await api.patch(`${path}/a`, 'merge', { data: { unseen: '1' } });
    await api.patch(`${path}/a`, 'merge', { metadata: { labels: { on: 'yes' } } });
    const events = await watch.until(3);
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'DELETED', 'ADDED']);
    expect(events[1]?.object.metadata.labels).toEqual({ on: 'yes' });
    watch.stop();
  });

  it('begin with the state and a bookmark when asked to', async () => {
    const path = await space('streamed');
    await api.post(path, configMap('a'));
    const watch = await api.watch(
      `${path}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    );
    const [added, bookmark] = await watch.until(2);
    expect(added).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } });
    expect(bookmark).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'ConfigMap', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
    watch.stop();
    const refused = await api.get(`${path}?watch=true&sendInitialEvents=true`);
    expect(refused.code).toBe(422);
    expect(refused.body.message).toContain('sendInitialEvents requires setting resourceVersionMatch');
  });

  it('end in time, with a last bookmark', async () => {
    const watch = await api.watch(`${CONFIG_MAPS}?watch=true&timeoutSeconds=1&allowWatchBookmarks=true`);
    await watch.closed;
    expect(watch.events.at(-1)?.type).toBe('BOOKMARK');
  });

  it('say inside the stream that their version is too old', async () => {
    const path = await space('old');
    const { body } = await api.post(path, configMap('a'));
    for (let i = 0; i < 45; i++) await api.patch(`${path}/a`, 'merge', { data: { i: String(i) } });
    const watch = await api.watch(`${path}?watch=true&resourceVersion=${body.metadata.resourceVersion}`);
    await watch.closed;
    expect(watch.events).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }]);
    expect(watch.events[0]?.object.message).toMatch(/^too old resource version: \d+ \(\d+\)$/);
  });

  it('select pods by node', async () => {
    const watch = await api.watch(`${PODS}?watch=true&fieldSelector=spec.nodeName%3Dnode-a`);
    await api.post(PODS, pod('elsewhere', { nodeName: 'node-b' }));
    await api.post(PODS, pod('late'));
    await api.post(`${PODS}/late/binding`, {
      kind: 'Binding',
      metadata: { name: 'late' },
      target: { name: 'node-a' },
    });
    const events = await watch.until(1);
    expect(events.map(({ type, object }) => [type, object.metadata.name])).toEqual([['ADDED', 'late']]);
    watch.stop();
  });
});

describe('tables', () => {
  const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };

  it('have the columns of kubectl and metadata of each object', async () => {
    await api.post(PODS, pod('tabled'));
    const { body } = await api.get(`${PODS}?fieldSelector=metadata.name%3Dtabled`, TABLE);
    expect(body.kind).toBe('Table');
    const columns = body.columnDefinitions as { name: string; priority: number }[];
    expect(columns.filter(({ priority }) => priority === 0).map(({ name }) => name)).toEqual([
      'Name',
      'Ready',
      'Status',
      'Restarts',
      'Age',
    ]);
    expect(body.rows).toMatchObject([
      {
        cells: ['tabled', '0/1', 'Pending', '0', expect.any(String), '<none>', '<none>', '<none>', '<none>'],
        object: { kind: 'PartialObjectMetadata', metadata: { name: 'tabled' } },
      },
    ]);
  });

  it('name their columns once in a watch', async () => {
    const path = await space('tables');
    const watch = await api.watch(`${path}?watch=true`, TABLE);
    await api.post(path, configMap('a'));
    await api.patch(`${path}/a`, 'merge', { data: { x: '1' } });
    const [first, second] = await watch.until(2);
    expect(first?.object.columnDefinitions).toHaveLength(3);
    expect(second?.object.columnDefinitions).toBeNull();
    expect(second?.object.rows).toMatchObject([{ cells: ['a', 1, expect.any(String)] }]);
    watch.stop();
  });
});
