/** A node of the embedded cluster without controllers: the API server and the kubelet, for tests of pods. */
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Pod, PodSpec } from 'kubernetes-types/core/v1.js';
import { pino } from 'pino';
import { createKubeClient, type KubeClient } from '#kube/client.ts';
import { isNotFound } from '#kube/errors.ts';
import { kubeConfigFor } from '#kube/kube-config.ts';
import { pods } from '#kube/resource.ts';
import { type ApiServer, startApiServer } from '#local/api/server.ts';
import { type Kubelet, startKubelet } from '#local/kubelet/main.ts';
import { waitFor } from '#test/harness/wait-for.ts';

export const NAMESPACE = 'default';
const NODE = 'here';

/** Serves HTTP on $HOST:8080 and tells its environment and files. */
const SERVER = `
const { createServer } = require('node:http');
const { readFileSync } = require('node:fs');
createServer((request, response) => {
  const url = new URL(request.url, 'http://pod');
  if (url.pathname === '/env') return response.end(JSON.stringify(process.env));
  if (url.pathname === '/file') return response.end(readFileSync(url.searchParams.get('path'), 'utf8'));
  response.statusCode = url.pathname === '/fail' ? 500 : 200;
  response.end('ok');
}).listen(8080, process.env.HOST, () => console.log('listening'));
process.on('SIGTERM', () => { console.log('terminating'); process.exit(0); });
`;

/** Waits until `condition` gives something. */
export const eventually = <T>(describe: string, condition: () => T | Promise<T>) =>
  waitFor(condition, { describe, timeoutMs: 20_000, intervalMs: 10 });

export interface TestNode {
  api: ApiServer;
  client: KubeClient;
  rootDir: string;
  create(name: string, spec: Partial<PodSpec>, metadata?: Pod['metadata']): Promise<Pod>;
  get(name: string): Promise<Pod>;
  /** Waits until the pod is as described; undefined from `read` means not yet. */
  until<T>(
    name: string,
    what: string,
    read: (pod: Pod) => T | undefined | false,
  ): Promise<Exclude<T, undefined | null | false>>;
  untilGone(name: string): Promise<void>;
  delete(name: string, gracePeriodSeconds?: number): Promise<void>;
  /** What the log endpoint of the API server answers; `query` without the question mark. */
  logs(name: string, query?: string): Promise<string>;
  /** The same as it comes. */
  followLogs(name: string, query?: string): Promise<IncomingMessage>;
  restartKubelet(): Promise<void>;
  kubelet(): Kubelet;
  stop(): Promise<void>;
}

export const images = {
  shell: { command: ['/bin/sh'] },
  server: { command: [process.execPath, '-e', SERVER] },
};

/** A container of the shell image; `$$` is written as Kubernetes wants it, doubled. */
export const shell = (script: string, rest: object = {}) => ({
  name: 'main',
  image: 'shell',
  command: ['/bin/sh', '-c', script.split('$$').join('$$$$')],
  ...rest,
});

export async function startNode(): Promise<TestNode> {
  const rootDir = await mkdtemp(join(tmpdir(), 'catnap-node-'));
  const log = pino({ level: process.env.CATNAP_TEST_LOG ?? 'silent' });
  const api = await startApiServer({ serviceAccountAdmission: false });
  const client = createKubeClient({
    component: 'test',
    kubeConfig: kubeConfigFor({ server: api.url, ca: api.certificate, token: api.token }),
  });
  const boot = async () => {
    const kubelet = await startKubelet({ client, nodeName: NODE, rootDir, images, log });
    api.setKubeletToken(NODE, kubelet.server.token);
    return kubelet;
  };
  let kubelet = await boot();
  const ref = (name: string) => ({ namespace: NAMESPACE, name });

  return {
    api,
    client,
    rootDir,
    create: (name, spec, metadata) =>
      client.create(pods, {
        metadata: { ...metadata, name, namespace: NAMESPACE },
        spec: { nodeName: NODE, terminationGracePeriodSeconds: 2, containers: [], ...spec },
      }),
    get: (name) => client.get(pods, ref(name)),
    until: <T>(name: string, what: string, read: (pod: Pod) => T | undefined | false) =>
      eventually(`${name}: ${what}`, async () => read(await client.get(pods, ref(name))) as T),
    untilGone: (name) =>
      eventually(`${name} gone`, async () =>
        client.get(pods, ref(name)).then(
          () => undefined,
          (error: unknown) => isNotFound(error) || undefined,
        ),
      ).then(() => undefined),
    delete: (name, gracePeriodSeconds) => client.delete(pods, ref(name), { gracePeriodSeconds }),
    async logs(name, query = '') {
      const response = await requestLogs(api, name, query);
      return text(response);
    },
    followLogs: (name, query = 'follow=true') => requestLogs(api, name, query),
    async restartKubelet() {
      await kubelet.stop();
      kubelet = await boot();
    },
    kubelet: () => kubelet,
    async stop() {
      await kubelet.stop();
      await client.close();
      await api.stop();
      await rm(rootDir, { recursive: true, force: true });
    },
  };
}

function requestLogs(api: ApiServer, name: string, query: string): Promise<IncomingMessage> {
  const path = `/api/v1/namespaces/${NAMESPACE}/pods/${name}/log?${query}`;
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${api.token}` };
    const options = {
      host: '127.0.0.1',
      port: api.port,
      path,
      ca: api.certificate,
      headers,
      agent: false as const,
    };
    request(options, resolve).once('error', reject).end();
  });
}
