import { expect, it } from 'vitest';
import type { Log } from './log.ts';
import { setup, soon } from './testing/watcher-setup.ts';
import { byLabel } from './watcher.ts';

it('lists in pages, then follows changes with what was and what is', async () => {
  const { collection, server, watcher, changes, names, data } = await setup({ pageSize: 2 });
  for (const name of ['a', 'b', 'c', 'd', 'e']) collection.put(name);
  watcher.start();
  await watcher.whenSynced();
  expect(names()).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(server.requests.filter((request) => request.query.has('limit'))).toHaveLength(3);
  await soon(() => expect(watcher.connected).toBe(true));
  changes.length = 0;
  collection.put('a', { v: '2' });
  collection.remove('b');
  collection.put('f');
  await soon(() => expect(changes).toHaveLength(3));
  expect(changes.map(({ key, previous, current }) => [key, previous?.data, current?.data])).toEqual([
    ['default/a', {}, { v: '2' }],
    ['default/b', {}, undefined],
    ['default/f', undefined, {}],
  ]);
  expect(data('a')).toEqual({ v: '2' });
});

it('T1.2: synced tells of a list that succeeded, not of a start', async () => {
  const { collection, server, watcher } = await setup({}, () => {});
  watcher.start();
  const notYet = watcher.whenSynced(AbortSignal.timeout(50));
  await expect(notYet).rejects.toThrow();
  expect(watcher.synced).toBe(false);
  server.script = collection.serve;
  server.dropConnections();
  await watcher.whenSynced(AbortSignal.timeout(3_000));
  expect(watcher.synced).toBe(true);
});

it('T1.3: handlers that throw, or reject, are logged and stop nothing', async () => {
  const logged: object[] = [];
  const log: Log = { debug() {}, info() {}, warn() {}, error: (fields) => logged.push(fields) };
  const { collection, watcher, events, changes } = await setup({ log });
  watcher.onChange(() => {
    throw new Error('thrown');
  });
  watcher.onChange((async () => Promise.reject(new Error('rejected'))) as () => void);
  const late: string[] = [];
  watcher.onChange(({ key }) => late.push(key));
  watcher.start();
  await watcher.whenSynced();
  collection.put('a');
  collection.put('b');
  await soon(() => expect(late).toEqual(['default/a', 'default/b']));
  expect(changes).toHaveLength(2);
  await soon(() => expect(events.filter((event) => event === 'handler_error')).toHaveLength(4));
  expect(logged[0]).toMatchObject({ kind: 'ConfigMap', key: 'default/a', error: 'thrown' });
});

it('T1.8: bookmarks move the position on, so that a quiet watch does not expire', async () => {
  const { collection, server, watcher, events } = await setup();
  watcher.start();
  await soon(() => expect(collection.watches.size).toBe(1));
  const bookmark = { type: 'BOOKMARK', object: { metadata: { resourceVersion: '5000' } } };
  for (const response of collection.watches) response.end(`${JSON.stringify(bookmark)}\n`);
  await soon(() => expect(events).toContain('bookmark'));
  await soon(() => expect(server.requests.at(-1)?.query.get('resourceVersion')).toBe('5000'));
});

it('counts and repairs what an unbroken watch lost, and nothing else', async () => {
  const { collection, watcher, events, data, names } = await setup({ relistMs: 10, settleMs: 30 });
  collection.put('kept');
  collection.put('changed');
  collection.put('removed');
  watcher.start();
  await soon(() => expect(collection.watches.size).toBe(1));
  collection.put('changed', { v: '2' }, { silent: true });
  collection.remove('removed', { silent: true });
  collection.put('created', {}, { silent: true });
  await soon(() => expect(names()).toEqual(['kept', 'changed', 'created']));
  expect(data('changed')).toEqual({ v: '2' });
  const lists = () => events.filter((event) => event === 'list').length;
  const before = lists();
  await soon(() => expect(lists()).toBeGreaterThan(before + 2));
  expect(events.filter((event) => event === 'cache_miss')).toHaveLength(3);
  expect(events.filter((event) => event === 'connect')).toHaveLength(1);
});

it('keeps what transform returns, and finds objects by index', async () => {
  const { collection, watcher } = await setup({
    transform: ({ metadata, data }) => ({ metadata, data: { team: data?.team ?? '' } }),
    indexes: { team: (object) => object.data?.team, label: byLabel('app') },
  });
  collection.put('a', { team: 'red', secret: 'x' });
  collection.put('b', { team: 'blue' });
  watcher.start();
  await watcher.whenSynced();
  expect(watcher.byIndex('team', 'red').map((object) => object.data)).toEqual([{ team: 'red' }]);
  collection.put('a', { team: 'blue' });
  await soon(() => expect(watcher.byIndex('team', 'blue')).toHaveLength(2));
  expect(watcher.byIndex('team', 'red')).toEqual([]);
  expect(watcher.byIndex('label', 'x')).toEqual([]);
});

it('transforms each object as its page comes in, and only when it is another than before', async () => {
  const transformed: string[] = [];
  const { collection, server, watcher, events } = await setup({
    pageSize: 1,
    transform(object) {
      transformed.push(object.metadata?.name ?? '');
      return object;
    },
  });
  collection.put('a');
  collection.put('b');
  server.script = (request, response) => {
    if (request.query.has('continue')) expect(transformed).toEqual(['a']);
    collection.serve(request, response);
  };
  watcher.start();
  await soon(() => expect(collection.watches.size).toBe(1));
  expect(transformed).toEqual(['a', 'b']);
  server.script = collection.serve;
  collection.put('b', { v: '2' }, { silent: true });
  collection.forgetHistory();
  server.dropConnections();
  await soon(() => expect(events).toContain('gone'));
  await soon(() => expect(watcher.get('default', 'b')?.data).toEqual({ v: '2' }));
  expect(transformed).toEqual(['a', 'b', 'b']);
});
