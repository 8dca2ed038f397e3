/** A watcher of a scripted server, with everything that it reports; closed when the test ends. */
import type { ConfigMap } from 'kubernetes-types/core/v1.js';
import { afterEach, vi } from 'vitest';
import { createKubeClient } from '../client.ts';
import { kubeConfigFor } from '../kube-config.ts';
import { configMaps } from '../resource.ts';
import { type Change, createWatcher, type WatcherEvent, type WatcherOptions } from '../watcher.ts';
import { createTestCollection } from './collection.ts';
import { json, type Script, startScriptedServer, statusObject } from './scripted-server.ts';

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of cleanUp.splice(0).reverse()) await close();
});

export async function setup(options: WatcherOptions<ConfigMap> = {}, script?: Script) {
  const collection = createTestCollection();
  const server = await startScriptedServer(script ?? collection.serve);
  const client = createKubeClient({
    component: 'test',
    kubeConfig: kubeConfigFor({ server: server.url }),
    timeoutMs: 300,
  });
  const events: WatcherEvent[] = [];
  const changes: Change<ConfigMap>[] = [];
  const watcher = createWatcher(client, configMaps, {
    retry: { minMs: 5, maxMs: 20 },
    observe: { event: (_kind, event) => events.push(event) },
    ...options,
  });
  watcher.onChange((change) => changes.push(change));
  cleanUp.push(
    () => server.close(),
    () => client.close(),
    () => watcher.stop(),
  );
  const names = () => watcher.list().map((object) => object.metadata?.name);
  const data = (name: string) => watcher.get('default', name)?.data;
  return { collection, server, client, watcher, events, changes, names, data };
}

export const soon = <T>(check: () => T) => vi.waitFor(check, { timeout: 4_000, interval: 5 });
/** Answers everything with this status. */
export const refuse =
  (code: number): Script =>
  (_, response) =>
    json(response, code, statusObject(code, 'InternalError', 'out of order'));

/** True when the check still fails after a while in which the wrong thing would long have happened. */
export async function soonFails(check: () => void): Promise<boolean> {
  return vi.waitFor(check, { timeout: 150, interval: 10 }).then(
    () => false,
    () => true,
  );
}
