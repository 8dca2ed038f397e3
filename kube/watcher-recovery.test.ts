import type { ConfigMap } from 'kubernetes-types/core/v1.js';
import { expect, it } from 'vitest';
import { createTestCollection } from './testing/collection.ts';
import { json, statusObject } from './testing/scripted-server.ts';
import { refuse, setup, soon, soonFails } from './testing/watcher-setup.ts';

it('T1.1: a failed list is tried again until it succeeds', async () => {
  const { collection, server, watcher, events } = await setup({}, refuse(503));
  collection.put('a');
  watcher.start();
  await soon(() => expect(events.filter((event) => event === 'error').length).toBeGreaterThan(3));
  server.script = collection.serve;
  await watcher.whenSynced();
  expect(watcher.get('default', 'a')).toBeDefined();
});

it('T1.1: a refused watch is tried again, with the cache kept meanwhile', async () => {
  const { collection, server, watcher, events, names } = await setup();
  server.script = (request, response) =>
    request.query.has('watch') ? refuse(500)(request, response) : collection.serve(request, response);
  collection.put('a');
  watcher.start();
  await soon(() => expect(events.filter((event) => event === 'error').length).toBeGreaterThan(1));
  expect(names()).toEqual(['a']);
  expect(watcher.connected).toBe(false);
  collection.put('b');
  server.script = collection.serve;
  await soon(() => expect(names()).toEqual(['a', 'b']));
});

it('T1.1: a dropped connection loses nothing and lists nothing anew', async () => {
  const { collection, server, watcher, events, changes, names } = await setup();
  collection.put('a');
  watcher.start();
  await soon(() => expect(collection.watches.size).toBe(1));
  server.dropConnections();
  await soon(() => expect(watcher.connected).toBe(false));
  collection.put('b');
  collection.remove('a');
  await soon(() => expect(names()).toEqual(['b']));
  expect(events.filter((event) => event === 'list')).toHaveLength(1);
  expect(changes.map(({ key }) => key)).toEqual(['default/a', 'default/b', 'default/a']);
});

it('T1.4, T1.5: a watch that the server ends is opened again at once, from where it was', async () => {
  const { collection, server, watcher, events } = await setup({ retry: { minMs: 60_000, maxMs: 60_000 } });
  watcher.start();
  await soon(() => expect(collection.watches.size).toBe(1));
  const version = collection.put('a');
  await soon(() => expect(watcher.list()).toHaveLength(1));
  for (const response of collection.watches) response.end();
  await soon(() => expect(events.filter((event) => event === 'connect')).toHaveLength(2));
  expect(server.requests.at(-1)?.query.get('resourceVersion')).toBe(version);
  expect(events).not.toContain('error');
});

it('does not spin on a server that ends every watch at once', async () => {
  const { collection, server, watcher, events } = await setup({ retry: { minMs: 60_000, maxMs: 60_000 } });
  server.script = (request, response) =>
    request.query.has('watch') ? void response.writeHead(200).end() : collection.serve(request, response);
  watcher.start();
  await soon(() => expect(events).toContain('end'));
  await expect(soonFails(() => expect(events.length).toBeGreaterThan(3))).resolves.toBe(true);
});

it('T1.6: a half-open watch is replaced after the idle time', async () => {
  const { collection, server, watcher, names } = await setup({ idleTimeoutMs: 60 });
  let mute = true;
  server.script = (request, response) => {
    if (!request.query.has('watch') || !mute) return collection.serve(request, response);
    mute = false;
    response.writeHead(200).flushHeaders();
  };
  watcher.start();
  await soon(() => expect(watcher.connected).toBe(true));
  collection.put('a');
  await soon(() => expect(names()).toEqual(['a']));
});

it('T1.7: stop during the back-off pause ends it, for good', async () => {
  const { server, watcher, events } = await setup({ retry: { minMs: 60_000, maxMs: 60_000 } }, refuse(500));
  watcher.start();
  await soon(() => expect(events).toContain('error'));
  await watcher.stop();
  const calls = server.requests.length;
  expect(await soonFails(() => expect(server.requests.length).toBeGreaterThan(calls))).toBe(true);
});

it('stops at once during a list and during a watch, and then calls nobody', async () => {
  const hanging = await setup({}, () => {});
  hanging.watcher.start();
  await soon(() => expect(hanging.server.requests).toHaveLength(1));
  await hanging.watcher.stop();
  await expect(hanging.watcher.whenSynced()).rejects.toThrow('was stopped');
  const { collection, watcher, changes } = await setup();
  watcher.start();
  await soon(() => expect(collection.watches.size).toBe(1));
  await watcher.stop();
  await soon(() => expect(collection.watches.size).toBe(0));
  collection.put('a');
  expect(changes).toEqual([]);
  expect(() => watcher.start()).toThrow('was stopped');
});

it('T1.8: 410 leads to a new list, which also finds what was deleted meanwhile', async () => {
  const { collection, server, watcher, events, changes, names } = await setup();
  collection.put('a');
  collection.put('b');
  watcher.start();
  await soon(() => expect(collection.watches.size).toBe(1));
  changes.length = 0;
  server.script = refuse(500);
  server.dropConnections();
  collection.remove('a', { silent: true });
  collection.put('b', { v: '2' }, { silent: true });
  collection.forgetHistory();
  server.script = collection.serve;
  await soon(() => expect(names()).toEqual(['b']));
  expect(events).toContain('gone');
  expect(changes.map(({ key, previous, current }) => [key, previous?.data, current?.data])).toEqual([
    ['default/a', {}, undefined],
    ['default/b', {}, { v: '2' }],
  ]);
});

it('a continue token that expired half-way leads to one list without pages', async () => {
  const { collection, server, watcher, names } = await setup({ pageSize: 1 });
  collection.put('a');
  collection.put('b');
  server.script = (request, response) =>
    request.query.has('continue') ? refuse(410)(request, response) : collection.serve(request, response);
  watcher.start();
  await watcher.whenSynced();
  expect(names()).toEqual(['a', 'b']);
});

it('T1.9: a garbage line ends the watch, and the next one brings what followed', async () => {
  const { collection, watcher, events, names } = await setup();
  watcher.start();
  await soon(() => expect(collection.watches.size).toBe(1));
  for (const response of collection.watches) response.write('{"type":"ADD\n');
  collection.put('a');
  await soon(() => expect(names()).toEqual(['a']));
  expect(events).toContain('error');
});

it('a server that was reset to an older version is listed anew', async () => {
  const { collection, server, watcher, names } = await setup();
  collection.put('old');
  watcher.start();
  await soon(() => expect(collection.watches.size).toBe(1));
  const fresh = createTestCollection();
  fresh.put('new');
  const cause = { reason: 'ResourceVersionTooLarge', message: 'Too large resource version' };
  const tooLarge = statusObject(504, 'Timeout', 'Too large resource version: 9000', { causes: [cause] });
  server.script = (request, response) =>
    request.query.has('watch') && server.requests.filter((r) => r.query.has('watch')).length < 3
      ? json(response, 504, tooLarge)
      : fresh.serve(request, response);
  server.dropConnections();
  await soon(() => expect(names()).toEqual(['new']));
});

it('T1.12: cached objects cannot be changed, and hold no managedFields', async () => {
  const { collection, server, watcher } = await setup();
  collection.put('a', { v: '1' });
  server.script = (request, response) => {
    if (request.query.has('watch')) return collection.serve(request, response);
    const managedFields = [{ manager: 'x' }];
    const metadata = { name: 'a', namespace: 'default', uid: 'uid-a', resourceVersion: '101', managedFields };
    json(response, 200, { metadata: { resourceVersion: '101' }, items: [{ metadata, data: { v: '1' } }] });
  };
  watcher.start();
  await watcher.whenSynced();
  const object = watcher.get('default', 'a') as ConfigMap & { data: Record<string, string> };
  expect(object.metadata).not.toHaveProperty('managedFields');
  expect(() => {
    object.data.v = '2';
  }).toThrow(TypeError);
});
