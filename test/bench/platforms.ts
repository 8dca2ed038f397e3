/** The platforms that benchmarks run on, each with the processes that can be metered. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { KubeClient } from '#kube/client.ts';
import { pods } from '#kube/resource.ts';
import { describeExit } from '#local/up/component.ts';
import type { Platform } from '#local/up/platform.ts';
import type { ClusterNode } from '#test/cluster/cluster.ts';
import { startPlatform } from '#test/harness/platform.ts';
import { RELEASE } from '#test/harness/real/chart.ts';
import { processOf } from '#test/harness/real/containers.ts';
import { openRealPlatform } from '#test/harness/real-platform.ts';
import type { ClusterKind } from './options.ts';
import type { PartProcess } from './processes.ts';

export interface OpenedPlatform {
  kubeconfig: string;
  gatewayUrl: string;
  nodes: ClusterNode[];
  /** The cluster does not end with this run. */
  outlives: boolean;
  processes(): Promise<PartProcess[]>;
  /** Ends every operator in good order; what supervises them starts them again. Absent where they are not ours. */
  restartOperator?(): Promise<void>;
  /** Rejects when a part ends by itself and nobody would start it again. */
  broken?: Promise<never>;
  close(): Promise<void>;
}

type Log = (line: string) => void;

/** Ports of the chart's containers. */
const PORTS = { calls: 8080, control: 8090, operator: 8081 };

/** The chart's `functions.pools.maxSize`. */
const MAX_POOL = 30;

interface PlatformOptions {
  keep: boolean;
  pool?: number;
  log: Log;
}

export function openPlatform(kind: ClusterKind, options: PlatformOptions): Promise<OpenedPlatform> {
  if (kind === 'local') return local(options);
  return kind === 'real' ? real(options) : current();
}

async function local({ pool, log }: PlatformOptions): Promise<OpenedPlatform> {
  const platform = await startPlatform({ logLevel: 'warn', poolMinSize: pool, say: log });
  const { kubeconfig, gatewayUrl, operator, stop } = platform;
  return {
    kubeconfig,
    gatewayUrl,
    nodes: [],
    outlives: false,
    processes: async () => localProcesses(platform),
    async restartOperator() {
      await operator.stop();
      await operator.start();
    },
    broken: firstCrash(platform),
    close: stop,
  };
}

function firstCrash({ components }: Platform): Promise<never> {
  const crash = Promise.withResolvers<never>();
  for (const component of components) {
    component.onCrash((exit) => {
      const lines = [`${component.name} ended by itself (${describeExit(exit)})`, ...component.tail()];
      crash.reject(new Error(lines.join('\n')));
    });
  }
  // Nobody may be listening when it happens.
  crash.promise.catch(() => {});
  return crash.promise;
}

function localProcesses({ components, gatewayUrl, controlUrl, operatorUrl }: Platform): PartProcess[] {
  const calls = { host: '127.0.0.1', port: Number(new URL(gatewayUrl).port) };
  const more: Record<string, Partial<PartProcess>> = {
    gateway: { calls, controlUrl },
    operator: { controlUrl: operatorUrl },
  };
  return components.flatMap(({ name, pid }) => (pid ? [{ part: name, name, pid, ...more[name] }] : []));
}

/** One node: what is measured is not spread over a network that a single machine does not have. */
async function real({ keep, pool, log }: PlatformOptions): Promise<OpenedPlatform> {
  const pools = { minSize: pool, maxSize: Math.max(pool ?? 0, MAX_POOL) };
  const values = pool ? { functions: { pools, isolates: { spareThreads: pool } } } : {};
  const platform = await openRealPlatform({ nodes: 1, keep, values, say: log });
  const processes = () => podProcesses(platform.client, platform.nodes);
  return {
    ...platform,
    outlives: true,
    processes,
    async restartOperator() {
      for (const { part, pid } of await processes()) if (part === 'operator') process.kill(pid, 'SIGTERM');
    },
  };
}

async function podProcesses(client: KubeClient, nodes: ClusterNode[]): Promise<PartProcess[]> {
  const { items } = await client.list(pods, { namespace: RELEASE.namespace });
  return Promise.all(
    items.map(async (pod) => {
      const part = pod.metadata?.labels?.['app.kubernetes.io/component'] ?? '';
      const name = pod.metadata?.name ?? '';
      return { part, name, pid: await processOf(pod, nodes), ...addressesOf(part, pod) };
    }),
  );
}

function addressesOf(part: string, { status }: Pod): Partial<PartProcess> {
  const host = status?.podIP ?? '';
  if (part === 'operator') return { controlUrl: `http://${host}:${PORTS.operator}` };
  if (part !== 'gateway') return {};
  return { calls: { host, port: PORTS.calls }, controlUrl: `http://${host}:${PORTS.control}` };
}

async function current(): Promise<OpenedPlatform> {
  const gatewayUrl = process.env.CATNAP_GATEWAY_URL;
  if (!gatewayUrl) throw new Error('--cluster current needs CATNAP_GATEWAY_URL, where functions are called');
  const kubeconfig = process.env.KUBECONFIG ?? join(homedir(), '.kube', 'config');
  const nothing = { nodes: [], outlives: true, processes: async () => [], close: async () => {} };
  return { kubeconfig, gatewayUrl, ...nothing };
}
