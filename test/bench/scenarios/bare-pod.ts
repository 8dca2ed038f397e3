/**
 * What the cluster itself needs for a cold start: a Deployment with nothing in its pod but a listening process of the
 * runtime's image is scaled from zero to one; the process tells us the moment it listens.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import { deploymentName, FUNCTION_PORT } from '#crds/wire/names.ts';
import { deployments, pods } from '#kube/resource.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import type { Bed } from '../bed.ts';

const NAME = 'bare-pod';
const GIVE_UP_MS = 60_000;

export interface BarePod {
  /** Scales from zero and returns the time until the process listens, in ms; leaves it asleep again. */
  start(): Promise<number>;
  close(): void;
}

/** Uses the image that this function runs on. The nodes must be able to connect to this machine. */
export async function createBarePod(bed: Bed, functionName: string): Promise<BarePod> {
  const server = createServer((socket) => socket.destroy()).listen(0, '0.0.0.0');
  await once(server, 'listening');
  const like = await bed.client.get(deployments, {
    namespace: bed.namespace,
    name: deploymentName(functionName),
  });
  await bed.client.create(deployments, deployment(bed, like, (server.address() as AddressInfo).port));
  return { start: () => timedStart(bed, server), close: () => void server.close() };
}

async function timedStart(bed: Bed, server: Server): Promise<number> {
  const told = once(server, 'connection', { signal: AbortSignal.timeout(GIVE_UP_MS) });
  const started = performance.now();
  await scale(bed, 1);
  await told;
  const ms = performance.now() - started;
  await scale(bed, 0);
  const left = async () =>
    (await bed.client.list(pods, { namespace: bed.namespace, labelSelector: `app=${NAME}` })).items.length;
  await waitFor(async () => (await left()) === 0, {
    timeoutMs: GIVE_UP_MS,
    describe: 'no bare pod',
    intervalMs: 20,
  });
  return ms;
}

function scale(bed: Bed, replicas: number): Promise<unknown> {
  const ref = { namespace: bed.namespace, name: NAME };
  return bed.client.setScale(deployments, ref, replicas, { fieldManager: 'catnap-bench' });
}

function deployment(bed: Bed, like: Deployment, port: number): Deployment {
  const { image, resources } = like.spec?.template.spec?.containers[0] ?? {};
  const program = `
    process.on('SIGTERM', () => process.exit(0));
    require('node:http').createServer((_, response) => response.end('ok')).listen(${FUNCTION_PORT}, () =>
      require('node:net').connect(${port}, '${bed.nodes[0]?.address}').on('error', () => {}));`;
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
