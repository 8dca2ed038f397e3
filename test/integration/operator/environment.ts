/** A real API server and a real Redis for the operator, which runs as a process of its own. No kubelet. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { parse } from 'yaml';
import { GATEWAYS_KEY, type GatewaySample, SAMPLE_TTL_MS, sampleKey } from '#crds/wire/samples.ts';
import { createKubeClient, type KubeClient } from '#kube/client.ts';
import { loadKubeConfig } from '#kube/kube-config.ts';
import { customResourceDefinitions, functions, namespaces } from '#kube/resource.ts';
import { startApiServer } from '#local/api/server.ts';
import { type Component, createComponent } from '#local/up/component.ts';
import { startRedis, type TestRedis } from '#test/harness/redis.ts';
import { waitFor } from '#test/harness/wait-for.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const DEFINITION = join(ROOT, 'crds/generated/functions.catnap.dev.yaml');

export interface OperatorProcess extends Component {
  /** Where it serves probes and metrics; known once it started. */
  url(): string;
}

export interface Environment {
  readonly client: KubeClient;
  /** The path of one. */
  readonly kubeconfig: string;
  readonly redis: TestRedis;
  readonly gateway: FakeGateway;
  startOperator(name: string, env?: NodeJS.ProcessEnv): Promise<OperatorProcess>;
  stop(): Promise<void>;
}

/** Plays a gateway that publishes load samples. */
export interface FakeGateway {
  /** From now on, each sample says this. */
  report(concurrency: Record<string, number>): void;
  /** From now on, each sample also says this of warm pods and triggers. */
  tell(more: Told): void;
  /** No more samples, and no goodbye. */
  fallSilent(): void;
}

type Told = Pick<GatewaySample, 'claims' | 'strays' | 'triggers'>;

/** Starts all of it, the operator excepted. */
export async function startEnvironment(): Promise<Environment> {
  const directory = await mkdtemp(join(tmpdir(), 'catnap-operator-'));
  const redis = await startRedis();
  const api = await startApiServer();
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, api.kubeconfig(), { mode: 0o600 });
  const client = createKubeClient({ component: 'test', kubeConfig: loadKubeConfig({ file: kubeconfig }) });
  await client.create(customResourceDefinitions, parse(readFileSync(DEFINITION, 'utf8')));
  for (const name of ['catnap-system', 'shop']) await client.create(namespaces, { metadata: { name } });
  await waitFor(() => client.list(functions), { timeoutMs: 10_000, describe: 'Functions to be served' });
  const gateway = createFakeGateway(redis.url);
  const operators: OperatorProcess[] = [];
  return {
    client,
    kubeconfig,
    redis,
    gateway,
    async startOperator(name, env = {}) {
      const operator = createOperatorProcess(name, directory, {
        PATH: process.env.PATH,
        KUBECONFIG: kubeconfig,
        CATNAP_REDIS_URL: redis.url,
        CATNAP_OPERATOR_HOST: '127.0.0.1',
        CATNAP_OPERATOR_PORT: '0',
        ...env,
      });
      operators.push(operator);
      await operator.start();
      return operator;
    },
    async stop() {
      gateway.close();
      await Promise.all(operators.map((operator) => operator.stop()));
      await client.close();
      await api.stop();
      await redis.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export function createOperatorProcess(
  name: string,
  directory: string,
  env: NodeJS.ProcessEnv,
): OperatorProcess {
  let port: number | undefined;
  const component = createComponent({
    name,
    command: process.execPath,
    args: [join(ROOT, 'operator/main.ts')],
    env,
    logFile: join(directory, `${name}.log`),
    async ready({ lines, signal }) {
      port = await lines.find(listeningPort);
      await waitFor(async () => (await fetch(`http://127.0.0.1:${port}/readyz`, { signal })).ok, {
        timeoutMs: 20_000,
        describe: `${name} to be ready`,
      });
    },
    readyTimeoutMs: 30_000,
    stopTimeoutMs: 20_000,
  });
  return Object.create(component, { url: { value: () => `http://127.0.0.1:${port}` } });
}

function listeningPort(line: string): number | undefined {
  try {
    const { msg, port } = JSON.parse(line) as { msg?: string; port?: number };
    return msg === 'listening' ? port : undefined;
  } catch {
    return undefined;
  }
}

export function createFakeGateway(url: string): FakeGateway & { close(): void } {
  const redis = new Redis(url, { maxRetriesPerRequest: 0, enableOfflineQueue: false });
  redis.on('error', () => {});
  let functionsNow: Record<string, number> | undefined;
  let toldNow: Told = {};
  let sequence = 0;
  const publish = () => {
    if (!functionsNow) return;
    sequence += 1;
    const samples = Object.entries(functionsNow).map(([key, concurrency]) => [
      key,
      { concurrency, queued: 0, arrivals: concurrency > 0 ? 1 : 0 },
    ]);
    const text = JSON.stringify({ sequence, functions: Object.fromEntries(samples), ...toldNow });
    redis
      .multi()
      .sadd(GATEWAYS_KEY, 'gateway-1')
      .set(sampleKey('gateway-1'), text, 'PX', SAMPLE_TTL_MS)
      .exec()
      .catch(() => {});
  };
  const timer = setInterval(publish, 1_000);
  return {
    report(concurrency) {
      functionsNow = concurrency;
      publish();
    },
    tell(more) {
      toldNow = more;
      publish();
    },
    fallSilent() {
      functionsNow = undefined;
    },
    close() {
      clearInterval(timer);
      redis.disconnect();
    },
  };
}
