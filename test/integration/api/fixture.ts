/** An API server of its own, and a bare HTTP client for it: no library stands between test and wire. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import { parse } from 'yaml';
import { type ApiServer, type ApiServerOptions, startApiServer } from '#local/api/server.ts';
import { waitFor } from '#test/harness/wait-for.ts';

export type Json = Record<string, unknown> & {
  metadata: Record<string, unknown>;
  spec: Record<string, unknown>;
  status: Record<string, unknown>;
};

export interface Answer {
  code: number;
  headers: Record<string, string | string[] | undefined>;
  body: Json & { message: string; reason: string; items: Json[]; details: Record<string, unknown> };
  text: string;
}

export interface CallOptions {
  body?: unknown;
  headers?: Record<string, string>;
  type?: string;
  token?: string | null;
}

export interface WatchEvent {
  type: string;
  object: Json & { code: number; message: string };
}

export interface OpenWatch {
  events: WatchEvent[];
  /** Resolves when so many events have come. */
  until(count: number): Promise<WatchEvent[]>;
  closed: Promise<void>;
  stop(): void;
}

export interface TestApi {
  server: ApiServer;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body: unknown): Promise<Answer>;
  patch(path: string, type: 'merge' | 'json' | 'strategic', body: unknown): Promise<Answer>;
  apply(path: string, manager: string, body: unknown): Promise<Answer>;
  watch(path: string, headers?: Record<string, string>): Promise<OpenWatch>;
  stop(): Promise<void>;
}

export const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
export const PODS = '/api/v1/namespaces/default/pods';
export const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
export const FUNCTIONS = '/apis/catnap.dev/v1alpha1/namespaces/default/functions';
export const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

export const configMap = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  ...more,
});

export const pod = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'main', image: 'example' }], ...more },
});

export const deployment = (name: string, replicas = 1) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'main', image: 'example' }] },
    },
  },
});

export const functionObject = (name: string, spec: object = {}) => ({
  apiVersion: 'catnap.dev/v1alpha1',
  kind: 'Function',
  metadata: { name },
  spec: { source: { inline: { files: { 'index.mjs': 'export const handler = () => 1' } } }, ...spec },
});

export function functionDefinition(): unknown {
  const file = new URL('../../../crds/generated/functions.catnap.dev.yaml', import.meta.url);
  return parse(readFileSync(fileURLToPath(file), 'utf8'));
}

/** Makes the server serve Functions. */
export async function defineFunctions(api: TestApi): Promise<void> {
  const created = await api.post(DEFINITIONS, functionDefinition());
  if (created.code !== 201) throw new Error(created.text);
  await waitFor(async () => (await api.get(FUNCTIONS)).code === 200, {
    timeoutMs: 5_000,
    describe: 'Functions to be served',
  });
}

export async function startTestApi(options: ApiServerOptions = {}): Promise<TestApi> {
  const server = await startApiServer(options);
  const dispatcher = new Agent({ connect: { ca: server.certificate } });
  const send = (method: string, path: string, { body, headers = {}, type, token }: CallOptions) =>
    request(`${server.url}${path}`, {
      dispatcher,
      method: method as 'GET',
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token ?? server.token}` }),
        'user-agent': 'api-test/1',
        ...(body === undefined ? {} : { 'content-type': type ?? 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: Buffer.isBuffer(body) ? body : textOf(body) }),
    });
  const call: TestApi['call'] = async (method, path, callOptions = {}) => {
    const response = await send(method, path, callOptions);
    const text = await response.body.text();
    const isJson = String(response.headers['content-type']).startsWith('application/json');
    return {
      code: response.statusCode,
      headers: response.headers,
      text,
      body: isJson ? JSON.parse(text) : {},
    };
  };
  return {
    server,
    call,
    get: (path, headers) => call('GET', path, { headers }),
    post: (path, body) => call('POST', path, { body }),
    patch: (path, type, body) => call('PATCH', path, { body, type: PATCH_TYPES[type] }),
    apply: (path, manager, body) =>
      call('PATCH', `${path}${path.includes('?') ? '&' : '?'}fieldManager=${manager}`, {
        body,
        type: 'application/apply-patch+yaml',
      }),
    watch: async (path, headers) => {
      const response = await send('GET', path, { headers });
      if (response.statusCode !== 200) throw new Error(await response.body.text());
      return openWatch(response.body);
    },
    async stop() {
      await dispatcher.destroy();
      await server.stop();
    },
  };
}

const PATCH_TYPES = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

const textOf = (body: unknown) => (typeof body === 'string' ? body : JSON.stringify(body));

function openWatch(body: NodeJS.ReadableStream & { destroy(): void }): OpenWatch {
  const events: WatchEvent[] = [];
  const closed = Promise.withResolvers<void>();
  body.on('error', () => closed.resolve());
  body.on('close', () => closed.resolve());
  const lines = createInterface({ input: body });
  // A watch that the test stops ends with an error, which the interface passes on.
  lines.on('error', () => {});
  lines.on('line', (line) => events.push(JSON.parse(line)));
  return {
    events,
    closed: closed.promise,
    stop: () => body.destroy(),
    until: async (count) => {
      await waitFor(() => events.length >= count, {
        timeoutMs: 5_000,
        describe: `${count} watch events`,
        intervalMs: 5,
      });
      return events;
    },
  };
}
