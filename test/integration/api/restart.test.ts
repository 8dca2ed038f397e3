import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startApiServer } from '#local/api/server.ts';
import {
  CONFIG_MAPS,
  configMap,
  defineFunctions,
  FUNCTIONS,
  functionObject,
  startTestApi,
  type TestApi,
} from './fixture.ts';

let directory: string;
let api: TestApi | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'catnap-api-'));
});
afterEach(async () => {
  await api?.stop();
  rmSync(directory, { recursive: true, force: true });
});

it('keeps objects, versions, definitions and credentials', async () => {
  api = await startTestApi({ dataDir: directory });
  const { token, certificate } = api.server;
  await defineFunctions(api);
  await api.post(FUNCTIONS, functionObject('kept'));
  await api.post(CONFIG_MAPS, configMap('gone'));
  const before = await api.get(`${FUNCTIONS}/kept`);
  await api.call('DELETE', `${CONFIG_MAPS}/gone`);
  const list = await api.get(CONFIG_MAPS);
  await api.stop();

  api = await startTestApi({ dataDir: directory });
  expect(api.server).toMatchObject({ token, certificate });
  expect((await api.get(`${FUNCTIONS}/kept`)).body).toEqual(before.body);
  expect((await api.get(`${CONFIG_MAPS}/gone`)).code).toBe(404);
  const created = await api.post(CONFIG_MAPS, configMap('later'));
  expect(Number(created.body.metadata.resourceVersion)).toBeGreaterThan(
    Number(list.body.metadata.resourceVersion),
  );
  // A client that comes back with its last version misses nothing.
  const watch = await api.watch(
    `${CONFIG_MAPS}?watch=true&resourceVersion=${list.body.metadata.resourceVersion}`,
  );
  const [event] = await watch.until(1);
  expect(event).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'later' } } });
  watch.stop();
});

it('without a directory, makes clients of an earlier run list again', async () => {
  api = await startTestApi();
  const { body } = await api.get(CONFIG_MAPS);
  await api.stop();
  api = await startTestApi();
  const watch = await api.watch(`${CONFIG_MAPS}?watch=true&resourceVersion=${body.metadata.resourceVersion}`);
  await watch.closed;
  expect(watch.events).toMatchObject([{ type: 'ERROR', object: { code: 410 } }]);
});

it('keeps its files from other users, and from a second server', async () => {
  api = await startTestApi({ dataDir: directory });
  for (const file of ['credentials.json', 'objects.sqlite']) {
    expect(statSync(join(directory, file)).mode & 0o077).toBe(0);
  }
  await expect(startApiServer({ dataDir: directory })).rejects.toThrow(/locked/);
});

it('ends open watches when it stops', async () => {
  api = await startTestApi();
  const watch = await api.watch(`${CONFIG_MAPS}?watch=true`);
  const started = performance.now();
  await api.server.stop();
  await watch.closed;
  expect(performance.now() - started).toBeLessThan(1_500);
  api = undefined;
});

it('says that a port is taken', async () => {
  api = await startTestApi();
  await expect(startApiServer({ port: api.server.port })).rejects.toThrow(/EADDRINUSE/);
});
