/** The parts of Catnap as processes on this machine, wired to each other: Redis, cluster, operator, gateway. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Component, type ComponentSpec, createComponent } from './component.ts';
import { startGuard } from './guard.ts';
import { freePort } from './ports.ts';
import { createRedis } from './redis.ts';
import type { StateDirectory } from './state.ts';

export const SYSTEM_NAMESPACE = 'catnap-system';
const RUNTIME_IMAGE = 'catnap-runtime-nodejs26:0.1.0';

export interface NodeImage {
  /** Absolute path of the program, then its arguments. */
  command: string[];
}

export interface PlatformOptions {
  state: StateDirectory;
  /** Script that the runtime image stands for on this node. */
  runtimeEntry: string;
  /** Taken when free. */
  preferredGatewayPort?: number;
  /** Images that the node can run besides the runtime's, by name. */
  images?: Record<string, NodeImage>;
  logLevel?: string;
  /** Warm pods that each pool keeps at least. */
  poolMinSize?: number;
}

export interface Platform {
  readonly state: StateDirectory;
  readonly kubeconfig: string;
  /** Where functions are called: `http://localhost:PORT`. */
  readonly gatewayUrl: string;
  /** The gateway's probes, metrics and function list. */
  readonly controlUrl: string;
  /** The operator's probes and metrics. */
  readonly operatorUrl: string;
  readonly redisUrl: string;
  readonly redis: Component;
  readonly cluster: Component;
  readonly operator: Component;
  readonly gateway: Component;
  /** In the order in which they start. */
  readonly components: Component[];
  /** Stops every part for good, callers first, and leaves no process; safe at any moment. */
  stop(): Promise<void>;
}

interface Ports {
  redis: number;
  cluster: number;
  operator: number;
  gateway: number;
  control: number;
  announce: number;
}

/** Chooses ports and writes what the parts read; starts nothing yet. */
export async function createPlatform(options: PlatformOptions): Promise<Platform> {
  const { state } = options;
  const ports: Ports = {
    redis: await freePort(),
    cluster: await freePort(),
    operator: await freePort(),
    control: await freePort(),
    announce: await freePort(),
    gateway: await freePort(options.preferredGatewayPort),
  };
  mkdirSync(state.file('logs'), { recursive: true });
  writeImages(options);

  const gatewayUrl = `http://localhost:${ports.gateway}`;
  const redisUrl = `redis://127.0.0.1:${ports.redis}`;
  const shared = {
    ...baseEnvironment(),
    KUBECONFIG: state.kubeconfig,
    CATNAP_REDIS_URL: redisUrl,
    CATNAP_ENCRYPTION_KEY: state.encryptionKey,
    CATNAP_LOG_LEVEL: options.logLevel ?? 'info',
  };
  const redis = createRedis({
    port: ports.redis,
    dataDir: state.file('redis'),
    logFile: state.file('logs', 'redis.log'),
    pidFile: state.file('redis.pid'),
  });
  const cluster = createComponent(clusterSpec(options, ports));
  const operator = createComponent(
    operatorSpec(state, ports, { ...shared, ...poolSettings(options), CATNAP_GATEWAY_URL: gatewayUrl }),
  );
  const gateway = createComponent(gatewaySpec(state, ports, shared));
  const components = [redis, cluster, operator, gateway];
  const dismissGuard = startGuard(state);
  return {
    state,
    kubeconfig: state.kubeconfig,
    gatewayUrl,
    controlUrl: `http://127.0.0.1:${ports.control}`,
    operatorUrl: `http://127.0.0.1:${ports.operator}`,
    redisUrl,
    redis,
    cluster,
    operator,
    gateway,
    components,
    async stop() {
      for (const component of components.toReversed()) await component.retire();
      dismissGuard();
    },
  };
}

function writeImages({ state, runtimeEntry, images }: PlatformOptions): void {
  const all: Record<string, NodeImage> = {
    [RUNTIME_IMAGE]: { command: [process.execPath, runtimeEntry] },
    ...images,
  };
  writeFileSync(state.file('images.json'), JSON.stringify(all, null, 2));
}

function clusterSpec({ state }: PlatformOptions, ports: Ports): ComponentSpec {
  const args = ['--kubeconfig', state.kubeconfig, '--port', String(ports.cluster)];
  args.push('--data', state.file('cluster'), '--images', state.file('images.json'));
  return {
    ...nodeProcess(state, 'cluster', 'local/main.ts', args),
    env: baseEnvironment(),
    ready: ({ lines }) =>
      lines.find((line) => (messageOf(line) === 'ready' ? true : undefined)).then(() => {}),
  };
}

function poolSettings({ poolMinSize }: PlatformOptions): NodeJS.ProcessEnv {
  if (poolMinSize === undefined) return {};
  return { CATNAP_POOL_MIN: String(poolMinSize), CATNAP_ISOLATE_SPARES: String(poolMinSize) };
}

function operatorSpec(state: StateDirectory, ports: Ports, env: NodeJS.ProcessEnv): ComponentSpec {
  return {
    ...nodeProcess(state, 'operator', 'operator/main.ts'),
    env: {
      ...env,
      CATNAP_NAMESPACE: SYSTEM_NAMESPACE,
      CATNAP_OPERATOR_HOST: '127.0.0.1',
      CATNAP_OPERATOR_PORT: String(ports.operator),
      CATNAP_RUNTIME_NODEJS26_IMAGE: RUNTIME_IMAGE,
      CATNAP_ANNOUNCE_URL: `http://127.0.0.1:${ports.announce}`,
    },
    ready: ({ signal }) => answersReady(`http://127.0.0.1:${ports.operator}/readyz`, signal),
  };
}

function gatewaySpec(state: StateDirectory, ports: Ports, env: NodeJS.ProcessEnv): ComponentSpec {
  return {
    ...nodeProcess(state, 'gateway', 'gateway/main.ts'),
    env: {
      ...env,
      CATNAP_GATEWAY_HOST: '127.0.0.1',
      CATNAP_GATEWAY_PORT: String(ports.gateway),
      CATNAP_CONTROL_HOST: '127.0.0.1',
      CATNAP_CONTROL_PORT: String(ports.control),
      CATNAP_ANNOUNCE_HOST: '127.0.0.1',
      CATNAP_ANNOUNCE_PORT: String(ports.announce),
      // Nobody else sends calls here once we stop, so there is no one to wait for.
      CATNAP_DRAIN_SECONDS: '0',
    },
    ready: ({ signal }) => answersReady(`http://127.0.0.1:${ports.control}/readyz`, signal),
  };
}

function nodeProcess(state: StateDirectory, name: string, entry: string, args: string[] = []) {
  return {
    name,
    command: process.execPath,
    args: [fileURLToPath(new URL(`../../${entry}`, import.meta.url)), ...args],
    logFile: state.file('logs', `${name}.log`),
    pidFile: state.file(`${name}.pid`),
    readyTimeoutMs: 30_000,
    stopTimeoutMs: 15_000,
  };
}

/** What a process needs of ours; tokens and the like in our own environment are none of its business. */
function baseEnvironment(): NodeJS.ProcessEnv {
  const wanted = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR'];
  const kept = wanted.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  return {
    ...Object.fromEntries(kept),
    NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/catnap/compile', import.meta.url)),
  };
}

function messageOf(line: string): unknown {
  try {
    return (JSON.parse(line) as { msg?: unknown }).msg;
  } catch {
    return undefined;
  }
}

async function answersReady(url: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const status = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(1000)]) })
      .then(async (response) => {
        await response.body?.cancel();
        return response.status;
      })
      .catch(() => 0);
    if (status === 200) return;
    await delay(20, undefined, { signal });
  }
}
