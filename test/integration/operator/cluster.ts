/** The embedded cluster with the language runtime, a Redis and an operator, each a process of its own. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { createKubeClient, type KubeClient } from '#kube/client.ts';
import { loadKubeConfig } from '#kube/kube-config.ts';
import { customResourceDefinitions, functions, namespaces } from '#kube/resource.ts';
import { createComponent } from '#local/up/component.ts';
import { buildRuntime } from '#runtime/build.ts';
import { startRedis, type TestRedis } from '#test/harness/redis.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import {
  createFakeGateway,
  createOperatorProcess,
  type FakeGateway,
  type OperatorProcess,
} from './environment.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface TestCluster {
  readonly client: KubeClient;
  readonly gateway: FakeGateway;
  readonly redis: TestRedis;
  readonly operator: OperatorProcess;
  stop(): Promise<void>;
}

/** @param settings of the operator, beyond the addresses */
export async function startCluster(settings: NodeJS.ProcessEnv = {}): Promise<TestCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'catnap-operator-cluster-'));
  const stops: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })];
  const stop = async () => {
    for (const end of stops.reverse()) await end();
  };
  try {
    return { ...(await startParts(directory, stops, settings)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(directory: string, stops: (() => Promise<unknown>)[], settings: NodeJS.ProcessEnv) {
  const kubeconfig = join(directory, 'kubeconfig');
  const images = join(directory, 'images.json');
  const { entry } = await buildRuntime(join(directory, 'runtime'));
  await writeFile(
    images,
    JSON.stringify({ 'catnap-runtime-nodejs26:0.1.0': { command: [process.execPath, entry] } }),
  );
  const redis = await startRedis();
  stops.push(() => redis.stop());
  const cluster = createComponent({
    name: 'cluster',
    command: process.execPath,
    args: [join(ROOT, 'local/main.ts'), '--kubeconfig', kubeconfig, '--images', images],
    env: { PATH: process.env.PATH },
    logFile: join(directory, 'cluster.log'),
    ready: ({ lines }) =>
      lines.find((line) => (line.includes('"msg":"ready"') ? true : undefined)).then(() => {}),
    readyTimeoutMs: 30_000,
    stopTimeoutMs: 20_000,
  });
  await cluster.start();
  stops.push(() => cluster.stop());
  const client = createKubeClient({ component: 'test', kubeConfig: loadKubeConfig({ file: kubeconfig }) });
  stops.push(() => client.close());
  const definition = readFileSync(join(ROOT, 'crds/generated/functions.catnap.dev.yaml'), 'utf8');
  await client.create(customResourceDefinitions, parse(definition));
  for (const name of ['catnap-system', 'shop']) await client.create(namespaces, { metadata: { name } });
  await waitFor(() => client.list(functions), { timeoutMs: 10_000, describe: 'Functions to be served' });
  const gateway = createFakeGateway(redis.url);
  stops.push(async () => gateway.close());
  const operator = createOperatorProcess('operator', directory, {
    PATH: process.env.PATH,
    KUBECONFIG: kubeconfig,
    CATNAP_REDIS_URL: redis.url,
    CATNAP_OPERATOR_HOST: '127.0.0.1',
    CATNAP_OPERATOR_PORT: '0',
    ...settings,
  });
  await operator.start();
  stops.push(() => operator.stop());
  return { client, gateway, redis, operator };
}
