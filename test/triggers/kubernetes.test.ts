import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TriggerEvent } from '#gateway/triggers/source.ts';
import { createKubernetesSource } from '#gateway/triggers/sources/kubernetes.ts';
import { createKubeClient, type KubeClient } from '#kube/client.ts';
import { kubeConfigFor } from '#kube/kube-config.ts';
import { configMaps, namespaces, secrets } from '#kube/resource.ts';
import { type ApiServer, startApiServer } from '#local/api/server.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { keepRunning, runSource, type SourceRun } from './source-run.ts';

type Config = Parameters<typeof createKubernetesSource>[0]['config'];

let dataDir: string;
let server: ApiServer;
let client: KubeClient;
const runs: Pick<SourceRun, 'stop'>[] = [];

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'catnap-kubernetes-'));
  server = await startApiServer({ dataDir, historyLimit: 5 });
  client = clientOf();
  await client.create(namespaces, { metadata: { name: 'shop' } });
});
afterEach(async () => {
  await Promise.all(runs.splice(0).map((run) => run.stop().catch(() => {})));
  await client.close();
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const clientOf = () =>
  createKubeClient({
    component: 'test',
    kubeConfig: kubeConfigFor({ server: server.url, ca: server.certificate, token: server.token }),
  });
const sourceFor = (
  config: Partial<Config> = {},
  credentials: Record<string, string> = { token: server.token },
) =>
  createKubernetesSource(
    {
      functionKey: 'shop/audit',
      name: 'maps',
      config: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        labelSelector: 'watched=yes',
        events: ['Added', 'Modified', 'Deleted'],
        existing: false,
        ...config,
      },
      credentials,
    },
    // With a user of its own, which must not be used.
    () => kubeConfigFor({ server: server.url, ca: server.certificate, token: 'of-the-gateway' }),
  );
const start = (...args: Parameters<typeof runSource>): SourceRun => {
  const run = runSource(...args);
  runs.push(run);
  return run;
};
const at = (name: string) => ({ namespace: 'shop', name });
const put = (name: string, value = '1', labels: Record<string, string> = { watched: 'yes' }) =>
  client.apply(configMaps, { metadata: { ...at(name), labels }, data: { value } }, { fieldManager: 'test' });
const told = (events: readonly TriggerEvent[]) =>
  events.map(({ type, subject, data }) => {
    const { value } = JSON.parse(data.toString()).data;
    return `${type.slice(type.lastIndexOf('.') + 1)} ${subject} ${value}`;
  });

describe('changes of objects', () => {
  it('are handed over with the object, in order', async () => {
    await put('before');
    const run = start(sourceFor());
    await run.whenConnected();
    await put('a');
    await put('other', '1', { watched: 'no' });
    await put('a', '2');
    await client.delete(configMaps, at('a'));
    const events = await run.received(3);
    expect(told(events)).toEqual(['added a 1', 'modified a 2', 'deleted a 2']);
    const uid = events[0]?.key as string;
    expect(events[0]).toMatchObject({
      id: expect.stringMatching(new RegExp(`^${uid}\\.\\d+\\.added$`)),
      type: 'dev.catnap.kubernetes.object.added',
      source: '/api/v1/namespaces/shop/configmaps',
      contentType: 'application/json',
      extensions: { apiversion: 'v1', kind: 'ConfigMap', namespace: 'shop' },
    });
    const object = JSON.parse(String(events[0]?.data));
    expect(object).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', uid } });
    expect(object.metadata.managedFields).toBeUndefined();
    await waitFor(() => run.lag === 0, { timeoutMs: 2_000, describe: 'nothing to wait' });
    await run.stop();
  });

  it('are only those that were asked for', async () => {
    const run = start(sourceFor({ events: ['Deleted'] }));
    await run.whenConnected();
    await put('a');
    await put('a', '2');
    await client.delete(configMaps, at('a'));
    expect(told(await run.received(1))).toEqual(['deleted a 2']);
  });

  it('also of kinds without a namespace', async () => {
    const run = start(sourceFor({ kind: 'Namespace', labelSelector: undefined, events: ['Added'] }));
    await run.whenConnected();
    await client.create(namespaces, { metadata: { name: 'fresh' } });
    const [event] = await run.received(1);
    expect(event).toMatchObject({ source: '/api/v1/namespaces', subject: 'fresh' });
  });

  it('include what exists at the start when that is asked for', async () => {
    await put('a');
    await put('b');
    const source = sourceFor({ existing: true });
    const run = start(source);
    expect(told(await run.received(2)).sort()).toEqual(['added a 1', 'added b 1']);
    await run.stop();
    await put('c');
    const again = start(source);
    expect(told(await again.received(1))).toEqual(['added c 1']);
    const elsewhere = start(sourceFor({ existing: true }));
    expect(told(await elsewhere.received(3)).sort()).toEqual(['added a 1', 'added b 1', 'added c 1']);
  });
});

describe('nothing is lost', () => {
  it('when deliveries fail', async () => {
    await put('gone');
    const source = sourceFor();
    const gate = Promise.withResolvers<void>();
    const run = start(source, () => gate.promise);
    await run.whenConnected();
    await put('a');
    await put('a', '2');
    await client.delete(configMaps, at('gone'));
    await waitFor(() => run.lag === 3, { timeoutMs: 5_000, describe: 'three to wait' });
    gate.reject(new Error('stopped'));
    await expect(run.finished).rejects.toThrow('stopped');
    const next = start(source);
    expect(told(await next.received(2))).toEqual(['deleted gone 1', 'added a 2']);
  });

  it('when the API server goes away and comes back', async () => {
    await put('kept');
    await put('removed');
    const run = keepRunning(sourceFor());
    runs.push(run);
    await run.whenConnected();
    await put('a');
    await waitFor(() => run.events.length === 1, { timeoutMs: 5_000, describe: 'the first event' });
    const { port } = server;
    await server.stop();
    // With nobody watching, and far more than the history of the server holds.
    server = await startApiServer({ dataDir, port, historyLimit: 5 });
    await Promise.all([
      client.delete(configMaps, at('removed')),
      put('kept', '2'),
      ...Array.from({ length: 20 }, (_, index) => put(`b${index}`)),
    ]);
    await waitFor(() => new Set(told(run.events)).size === 23, {
      timeoutMs: 20_000,
      describe: 'what happened meanwhile',
    });
    expect(told(run.events)).toEqual(
      expect.arrayContaining([
        'added a 1',
        'deleted removed 1',
        'modified kept 2',
        'added b0 1',
        'added b19 1',
      ]),
    );
  });

  it('when a watch of a slow function is not read for long', async () => {
    const gate = Promise.withResolvers<void>();
    const run = start(sourceFor(), () => gate.promise);
    await run.whenConnected();
    for (let index = 0; index < 1_100; index += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, n) => put(`m${index + n}`)));
    }
    await waitFor(() => run.lag === 1_000, { timeoutMs: 20_000, describe: 'a thousand to wait' });
    gate.resolve();
    expect(new Set(told(await run.received(1_100))).size).toBe(1_100);
  });
});

describe('what is wrong is named with its remedy', () => {
  const failure = (config?: Partial<Config>, credentials?: Record<string, string>) =>
    expect(start(sourceFor(config, credentials)).finished).rejects;

  it('a token that is missing or not valid', async () => {
    await failure({}, {}).toThrow(
      /no key "token": set secretRef to a Secret of type kubernetes\.io\/service-account-token/,
    );
    await failure({}, { token: 'wrong' }).toThrow(/v1 ConfigMap: .*the token of the Secret is not valid/);
  });

  it('a kind that does not exist', async () => {
    await failure({ kind: 'Configmap' }).toThrow(/no kind Configmap in v1; check .*apiVersion and kind/);
    await failure({ apiVersion: 'absent.example/v1' }).toThrow(/no kind ConfigMap in absent\.example\/v1/);
  });

  it('a selector that is none', async () => {
    await failure({ labelSelector: 'a in' }).toThrow(/labelSelector/);
  });

  it('an authority of the Secret that is not that of the server', async () => {
    await failure({}, { token: server.token, 'ca.crt': 'none' }).toThrow(/v1 ConfigMap: /);
  });
});

it('stops at once, also while a delivery is under way', async () => {
  const run = start(sourceFor({ kind: 'Secret', labelSelector: undefined }), () => new Promise(() => {}));
  await run.whenConnected();
  await client.create(secrets, { metadata: at('s') });
  await waitFor(() => run.lag === 1, { timeoutMs: 5_000, describe: 'a delivery' });
  await run.stop();
});
