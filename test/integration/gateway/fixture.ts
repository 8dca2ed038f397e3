/** A gateway with fake pods: real sockets on loopback addresses, and watches that a test feeds by hand. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  request,
  type Server,
} from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { pino } from 'pino';
import type { Function as CatnapFunction, FunctionSpec, FunctionStatus } from '#crds/function/types.ts';
import { labels } from '#crds/wire/names.ts';
import { readConfig } from '#gateway/config.ts';
import { type Gateway, type GatewayOptions, type Source, startGateway } from '#gateway/gateway.ts';
import type { ScaleClient } from '#gateway/invoke/waker.ts';
import type { HookPort } from '#gateway/triggers/webhook/hooks.ts';
import type { Scale } from '#kube/client.ts';
import { KubeError } from '#kube/errors.ts';

type Change<T> = { key: string; current?: T; previous?: T };

/** A watch that tells what the test says. */
export class FakeSource<T> implements Source<T> {
  synced = true;
  private listener: ((change: Change<T>) => void) | undefined;

  onChange(listener: (change: Change<T>) => void): () => void {
    this.listener = listener;
    return () => {};
  }

  tell(key: string, current: T | undefined): void {
    this.listener?.({ key, current });
  }
}

/** The scale subresource of Deployments, in memory, with what was asked of it. */
export class FakeScales {
  replicas = new Map<string, number>();
  sets: { name: string; replicas: number; fieldManager: string }[] = [];
  /** Attempts to wake, and the reads that they do without. */
  wakes = 0;
  gets = 0;
  failure: Error | undefined;
  onSet: (name: string, replicas: number) => void = () => {};

  readonly client: ScaleClient = {
    // Only the scale is ever patched: raised on condition that it is 0.
    patch: async (_type, { name }, operations, { fieldManager }) => {
      this.wakes += 1;
      if (this.failure) throw this.failure;
      if (this.replicas.get(name)) throw new KubeError({ status: 422, reason: 'Invalid', message: 'not 0' });
      const [, { value }] = operations as [unknown, { value: number }];
      this.set(name, value, fieldManager);
      return {} as never;
    },
    getScale: async (_type, { namespace, name }) => {
      this.gets += 1;
      if (this.failure) throw this.failure;
      return scale(namespace, name, this.replicas.get(name) ?? 0);
    },
    setScale: async (_type, { namespace, name }, replicas, { fieldManager }) => {
      if (this.failure) throw this.failure;
      this.set(name, replicas, fieldManager);
      return scale(namespace, name, replicas);
    },
  };

  private set(name: string, replicas: number, fieldManager = ''): void {
    this.sets.push({ name, replicas, fieldManager });
    this.replicas.set(name, replicas);
    this.onSet(name, replicas);
  }
}

function scale(namespace: string | undefined, name: string, replicas: number): Scale {
  return {
    metadata: { namespace, name, resourceVersion: '1' },
    spec: { replicas },
    status: { replicas },
  };
}

export interface FakePod {
  readonly name: string;
  readonly address: string;
  readonly server: Server;
  /** Calls that the pod runs now, and the most that it ever ran. */
  readonly running: () => number;
  readonly peak: () => number;
  readonly served: () => number;
  /** Breaks every connection and stops listening, as a kill does. */
  kill(): Promise<void>;
}

export interface Fixture {
  readonly gateway: Gateway;
  readonly port: number;
  /** The port that every fake pod listens on, each on its own address. */
  readonly podPort: number;
  /** The port that every fake warm pod takes claims on. */
  readonly claimPort: number;
  readonly functions: FakeSource<CatnapFunction>;
  readonly pods: FakeSource<Pod>;
  readonly scales: FakeScales;
  /** Tells of a function; returns its path. */
  addFunction(name: string, spec?: SpecOverrides, status?: FunctionStatus, generation?: number): string;
  /** Starts a pod and tells of it, as ready unless asked otherwise. */
  addPod(
    functionName: string,
    handler: RequestListener,
    options?: { ready?: boolean; announce?: boolean },
  ): Promise<FakePod>;
  tellPod(functionName: string, pod: { name: string; address?: string }, options?: PodOptions): void;
  removePod(pod: { name: string }): void;
  /** An address and name for a pod that is not started. */
  reserve(): { name: string; address: string };
  listen(server: Server, address: string): Promise<void>;
  call(path: string, options?: CallOptions): Promise<Answer>;
  stop(): Promise<void>;
}

export interface PodOptions {
  ready?: boolean;
  leaving?: boolean;
  loadFailure?: string;
}

export interface SpecOverrides {
  timeoutSeconds?: number;
  scaling?: Partial<FunctionSpec['scaling']>;
  queue?: Partial<FunctionSpec['queue']>;
  async?: Partial<FunctionSpec['async']>;
}

export const NAMESPACE = 'shop';

export function functionObject(
  name: string,
  spec: SpecOverrides = {},
  status?: FunctionStatus,
  generation = 1,
): CatnapFunction {
  return {
    apiVersion: 'catnap.dev/v1alpha1',
    kind: 'Function',
    metadata: { name, namespace: NAMESPACE, generation, uid: `uid-${name}` },
    spec: {
      image: 'any',
      resources: {},
      timeoutSeconds: spec.timeoutSeconds ?? 30,
      scaling: {
        minReplicas: 0,
        maxReplicas: 20,
        concurrency: 10,
        targetUtilization: 70,
        idleSeconds: 60,
        ...spec.scaling,
      },
      queue: { maxDepth: 1000, maxWaitSeconds: 60, ...spec.queue },
      async: {
        maxAttempts: 3,
        backoffSeconds: 1,
        maxBackoffSeconds: 3600,
        maxAgeSeconds: 86_400,
        maxBacklog: 100_000,
        ...spec.async,
      },
    },
    status,
  };
}

/** A status whose Ready condition is False, for this generation. */
export function notReady(reason: string, message: string, generation = 1): FunctionStatus {
  const lastTransitionTime = new Date().toISOString();
  return {
    observedGeneration: generation,
    conditions: [
      { type: 'Ready', status: 'False', observedGeneration: generation, reason, message, lastTransitionTime },
    ],
  };
}

/** Settings that switch asynchronous calls on. */
export function withRedis(url: string): Record<string, string> {
  return { CATNAP_REDIS_URL: url, CATNAP_ENCRYPTION_KEY: ENCRYPTION_KEY };
}

export const ENCRYPTION_KEY = randomBytes(32).toString('base64');

export async function startFixture(
  env: Record<string, string> = {},
  options: {
    settleMs?: number;
    podPort?: number;
    claimPort?: number;
    hookPort?: HookPort;
    loadTriggerSource?: GatewayOptions['loadTriggerSource'];
  } = {},
): Promise<Fixture> {
  const functions = new FakeSource<CatnapFunction>();
  const pods = new FakeSource<Pod>();
  const scales = new FakeScales();
  const { settleMs = 0, podPort = await freePort(), claimPort = await freePort() } = options;
  const started: FakePod[] = [];
  const agent = new Agent({ keepAlive: true });
  const config = readConfig({
    CATNAP_GATEWAY_HOST: '127.0.0.1',
    CATNAP_GATEWAY_PORT: '0',
    CATNAP_CONTROL_HOST: '127.0.0.1',
    CATNAP_CONTROL_PORT: '0',
    CATNAP_ANNOUNCE_HOST: '127.0.0.1',
    CATNAP_ANNOUNCE_PORT: '0',
    CATNAP_REDIS_URL: 'redis://127.0.0.1:1',
    CATNAP_DRAIN_SECONDS: '5',
    ...env,
  });
  const log = pino({ level: process.env.TEST_LOG ?? 'silent' });
  const gateway = await startGateway({
    config,
    client: scales.client,
    functions,
    pods,
    log,
    podPort,
    claimPort,
    settleMs,
    hookPort: options.hookPort,
    loadTriggerSource: options.loadTriggerSource,
  });

  let stopped: Promise<unknown> | undefined;
  const reserve = () => {
    const address = nextAddress();
    return { name: `pod-${address.replaceAll('.', '-')}`, address };
  };
  const listen = async (server: Server, address: string) => {
    server.listen(podPort, address);
    await once(server, 'listening');
  };
  const tellPod: Fixture['tellPod'] = (functionName, pod, options) =>
    pods.tell(`${NAMESPACE}/${pod.name}`, podObject(functionName, pod.name, pod.address, options));

  return {
    gateway,
    port: gateway.port,
    podPort,
    claimPort,
    functions,
    pods,
    scales,
    reserve,
    listen,
    tellPod,
    addFunction(name, spec, status, generation) {
      functions.tell(`${NAMESPACE}/${name}`, functionObject(name, spec, status, generation));
      return `/fn/${NAMESPACE}/${name}`;
    },
    async addPod(functionName, handler, { ready = true, announce = true } = {}) {
      const { name, address } = reserve();
      const pod = fakePod(name, address, handler);
      started.push(pod);
      await listen(pod.server, address);
      if (announce) tellPod(functionName, pod, { ready });
      return pod;
    },
    removePod: ({ name }) => pods.tell(`${NAMESPACE}/${name}`, undefined),
    call: (path, options) => call(gateway.port, path, { agent, ...options }),
    async stop() {
      agent.destroy();
      stopped ??= gateway.stop();
      await Promise.all(started.map((pod) => pod.kill()));
      await stopped;
    },
  };
}

function fakePod(name: string, address: string, handler: RequestListener): FakePod {
  let running = 0;
  let peak = 0;
  let served = 0;
  const sockets = new Set<Socket>();
  const server = createServer((incoming, response) => {
    running += 1;
    served += 1;
    peak = Math.max(peak, running);
    response.on('close', () => {
      running -= 1;
    });
    handler(incoming, response);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  return {
    name,
    address,
    server,
    running: () => running,
    peak: () => peak,
    served: () => served,
    async kill() {
      const closed = server.listening ? once(server, 'close') : undefined;
      server.close();
      for (const socket of sockets) socket.resetAndDestroy();
      await closed;
    },
  };
}

export function podObject(functionName: string, name: string, podIP?: string, options: PodOptions = {}): Pod {
  const { ready = true, leaving = false, loadFailure } = options;
  return {
    metadata: {
      name,
      namespace: NAMESPACE,
      uid: `uid-${name}`,
      labels: { [labels.function]: functionName },
      ...(leaving && { deletionTimestamp: new Date().toISOString() }),
    },
    status: {
      phase: 'Running',
      podIP,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      ...(loadFailure && {
        containerStatuses: [
          {
            name: 'function',
            image: 'any',
            imageID: '',
            ready: false,
            restartCount: 0,
            state: {
              terminated: {
                exitCode: 78,
                message: JSON.stringify({ reason: 'LoadFailed', message: loadFailure }),
              },
            },
          },
        ],
      }),
    },
  };
}

let lastAddress = 0;

/** A loopback address that no other fake pod of this process has. */
export function nextAddress(): string {
  lastAddress += 1;
  return `127.${80 + (process.pid % 100)}.${lastAddress >> 8}.${(lastAddress & 255) + 1}`;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface CallOptions {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
  agent?: Agent;
  signal?: AbortSignal;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  json: () => Record<string, unknown>;
}

/** One HTTP request; resolves with the whole answer. */
export async function call(port: number, path: string, options: CallOptions = {}): Promise<Answer> {
  const { method = 'GET', headers, body, agent, signal } = options;
  const outgoing = request({ host: '127.0.0.1', port, path, method, headers, agent, signal });
  outgoing.end(body);
  const [response] = await once(outgoing, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return { status: response.statusCode, headers: response.headers, body: text, json: () => JSON.parse(text) };
}

/** Sends bytes as they are and resolves with all that comes back until the server closes. */
export async function raw(
  port: number,
  bytes: string | Buffer,
  onData?: (socket: Socket) => void,
): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  let received = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    onData?.(socket);
  });
  socket.on('error', () => {});
  await once(socket, 'close');
  return received;
}
