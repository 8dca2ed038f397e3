/**
 * What the cluster itself needs for a cold start: a Deployment with nothing in its pod but a listening process of the
 * runtime's image is scaled up from zero; each process tells us the moment it listens.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import { deploymentName, FUNCTION_PORT } from '#crds/wire/names.ts';
import { deployments, pods } from '#kube/resource.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import type { Bed } from '../bed.ts';

const NAME = 'bare-pod';
const GIVE_UP_MS = 120_000;

export interface BarePod {
  /** Scales from zero and returns the time until each process listens, in ms, ascending. */
  start(count: number): Promise<number[]>;
  /** Scales to zero; resolves when no pod is left. */
  stop(): Promise<void>;
  close(): void;
}

/**
 * Uses the image that this function runs on. Pods must be able to connect to this machine: undefined on a cluster of
 * which that is not known.
 */
export async function createBarePod(bed: Bed, functionName: string): Promise<BarePod | undefined> {
  const host = bed.cluster === 'local' ? '127.0.0.1' : bed.nodes[0]?.address;
  if (!host) return undefined;
  const server = createServer((socket) => socket.destroy()).listen(0, '0.0.0.0');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const like = await bed.client.get(deployments, {
    namespace: bed.namespace,
    name: deploymentName(functionName),
  });
  await bed.client.create(deployments, deployment(bed, like, { host, port }));
  return {
    start: (count) => timedStart(bed, server, count),
    stop: () => stop(bed),
    close: () => void server.close(),
  };
}

async function timedStart(bed: Bed, server: Server, count: number): Promise<number[]> {
  const started = performance.now();
  const times: number[] = [];
  const note = () => void times.push(performance.now() - started);
  server.on('connection', note);
  try {
    await scale(bed, count);
    await waitFor(() => times.length >= count, {
      timeoutMs: GIVE_UP_MS,
      describe: `${count} bare pods to listen`,
      intervalMs: 10,
    });
  } finally {
    server.off('connection', note);
  }
  return times;
}

async function stop(bed: Bed): Promise<void> {
  await scale(bed, 0);
  const left = async () =>
    (await bed.client.list(pods, { namespace: bed.namespace, labelSelector: `app=${NAME}` })).items.length;
  await waitFor(async () => (await left()) === 0, {
    timeoutMs: GIVE_UP_MS,
    describe: 'no bare pod',
    intervalMs: 20,
  });
}

function scale(bed: Bed, replicas: number): Promise<unknown> {
  const ref = { namespace: bed.namespace, name: NAME };
  return bed.client.setScale(deployments, ref, replicas, { fieldManager: 'catnap-bench' });
}

function deployment(bed: Bed, like: Deployment, us: { host: string; port: number }): Deployment {
  const { image, resources } = like.spec?.template.spec?.containers[0] ?? {};
  // The embedded cluster gives each pod its address as HOST.
  const program = `
    process.on('SIGTERM', () => process.exit(0));
    const server = require('node:http').createServer((_, response) => response.end('ok'));
    server.listen(${FUNCTION_PORT}, process.env.HOST, () =>
      require('node:net').connect(${us.port}, '${us.host}').on('error', () => {}));`;
  const labels = { app: NAME };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: NAME, namespace: bed.namespace },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          containers: [{ name: 'bare', image, resources, command: ['node', '-e', program] }],
        },
      },
    },
  };
}
