import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createKubeClient, type KubeClient } from '#kube/client.ts';
import { kubeConfigFor } from '#kube/kube-config.ts';
import { configMaps } from '#kube/resource.ts';
import { createWatcher, type Watcher, type WatcherEvent } from '#kube/watcher.ts';
import { type ApiServer, startApiServer } from '#local/api/server.ts';
import { waitFor } from '#test/harness/wait-for.ts';

let dataDir: string;
let server: ApiServer;
const stops: (() => Promise<void>)[] = [];

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'catnap-watch-'));
  server = await startApiServer({ dataDir });
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const clientOf = ({ url, certificate, token }: ApiServer): KubeClient => {
  const client = createKubeClient({
    component: 'test',
    kubeConfig: kubeConfigFor({ server: url, ca: certificate, token }),
    timeoutMs: 2_000,
  });
  stops.push(() => client.close());
  return client;
};
const put = (client: KubeClient, name: string) =>
  client.create(configMaps, { metadata: { namespace: 'default', name, labels: { test: 'yes' } } });

async function watch(): Promise<{ watcher: Watcher<object>; events: WatcherEvent[]; names(): unknown[] }> {
  const events: WatcherEvent[] = [];
  const watcher = createWatcher(clientOf(server), configMaps, {
    namespace: 'default',
    labelSelector: 'test=yes',
    observe: { event: (_, event) => events.push(event) },
    retry: { minMs: 50, maxMs: 500 },
  });
  stops.push(() => watcher.stop());
  watcher.start();
  await watcher.whenSynced(AbortSignal.timeout(5_000));
  await waitFor(() => watcher.connected, { timeoutMs: 5_000, describe: 'the watch', intervalMs: 10 });
  return {
    watcher,
    events,
    names: () =>
      watcher
        .list()
        .map(({ metadata }) => metadata?.name)
        .sort(),
  };
}

const holds = (names: () => unknown[], expected: string[]) =>
  waitFor(() => JSON.stringify(names()) === JSON.stringify(expected), {
    timeoutMs: 10_000,
    describe: `the cache to hold ${expected}`,
    intervalMs: 10,
  });

it('follows on after a restart of the server, with what happened in between', async () => {
  const { watcher, names } = await watch();
  await put(clientOf(server), 'before');
  await holds(names, ['before']);
  const { port } = server;
  await server.stop();
  await waitFor(() => !watcher.connected, {
    timeoutMs: 5_000,
    describe: 'the watch to break',
    intervalMs: 10,
  });
  expect([watcher.synced, names()]).toEqual([true, ['before']]);
  server = await startApiServer({ dataDir, port });
  const client = clientOf(server);
  await put(client, 'after');
  await client.delete(configMaps, { namespace: 'default', name: 'before' });
  await holds(names, ['after']);
  await put(client, 'later');
  await holds(names, ['after', 'later']);
});

it('lists anew when the server came back with another past', async () => {
  const { watcher, events, names } = await watch();
  await put(clientOf(server), 'forgotten');
  await holds(names, ['forgotten']);
  const { port } = server;
  await server.stop();
  await waitFor(() => !watcher.connected, {
    timeoutMs: 5_000,
    describe: 'the watch to break',
    intervalMs: 10,
  });
  // Objects are gone; certificate and token are the same.
  for (const entry of readdirSync(dataDir)) {
    if (entry.startsWith('objects.')) rmSync(join(dataDir, entry));
  }
  server = await startApiServer({ dataDir, port });
  await put(clientOf(server), 'new');
  await holds(names, ['new']);
  expect(events).toContain('gone');
});

it('lists anew when it was away for longer than the server remembers', async () => {
  await server.stop();
  server = await startApiServer({ dataDir, historyLimit: 5 });
  const { events, names } = await watch();
  const { port } = server;
  await server.stop();
  server = await startApiServer({ dataDir, port, historyLimit: 5 });
  const client = clientOf(server);
  for (let index = 0; index < 20; index++) await put(client, `n${String(index).padStart(2, '0')}`);
  await waitFor(() => names().length === 20, { timeoutMs: 10_000, describe: 'all objects', intervalMs: 10 });
  expect(events).not.toContain('cache_miss');
});
