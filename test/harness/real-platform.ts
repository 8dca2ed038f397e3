/** Catnap on a real Kubernetes: the test cluster, images, and the chart installed by helm. */
import type { Service } from 'kubernetes-types/core/v1.js';
import { createKubeClient, type KubeClient, type KubeObject, type ResourceType } from '#kube/client.ts';
import { isNotFound } from '#kube/errors.ts';
import { loadKubeConfig } from '#kube/kube-config.ts';
import { customResourceDefinitions, namespaces, services } from '#kube/resource.ts';
import {
  type ClusterInfo,
  type ClusterNode,
  downCluster,
  runningCluster,
  upCluster,
} from '#test/cluster/cluster.ts';
import { createKubectl } from './kubectl.ts';
import { CHART, DEFINITION, RELEASE, reservation, systemNamespace, valuesFor } from './real/chart.ts';
import { helm, setArguments } from './real/helm.ts';
import { type ProvidedImages, provideImages } from './real/images.ts';
import { whenRolledOut } from './real/rollout.ts';
import { waitFor } from './wait-for.ts';

const GONE_TIMEOUT_MS = 120_000;
const GATEWAY = { namespace: RELEASE.namespace, name: `${RELEASE.name}-gateway` };
/** Tag of the images unless a test wants another: the chart's appVersion. */
export const VERSION = '0.1.0';

export interface RealPlatformOptions {
  nodes: 1 | 2;
  /** Leave cluster and platform as they are when done. */
  keep: boolean;
  /** Of the chart, beyond those that every test needs. */
  values?: Record<string, unknown>;
  say: (line: string) => void;
}

export interface RealPlatform {
  kubeconfig: string;
  nodes: ClusterNode[];
  client: KubeClient;
  /** Address of the gateway's Service, which this machine can reach. */
  gatewayUrl: string;
  close(): Promise<void>;
}

/**
 * Takes the running test cluster or brings one up, and installs the chart from this tree, or upgrades what an
 * earlier run kept.
 *
 * @throws Error that says what is missing on this machine, or what is wrong with which pod
 */
export async function openRealPlatform({
  nodes,
  keep,
  values,
  say,
}: RealPlatformOptions): Promise<RealPlatform> {
  const before = await runningCluster();
  const cluster = await upCluster({ nodes, say });
  const remove = async () => {
    if (before) await removeAll(cluster, say);
    else await downCluster(say);
  };
  try {
    const { kubeconfig } = cluster;
    const client = clientOf(kubeconfig);
    const images = await provideImages(VERSION, cluster.nodes, say);
    say('installing the chart');
    await installChart({ kubeconfig, images, values });
    const gatewayUrl = await addressOf(client);
    say(`Catnap is ready at ${gatewayUrl}`);
    const close = keep ? async () => say(`kept: export KUBECONFIG=${kubeconfig}`) : remove;
    return { kubeconfig, nodes: cluster.nodes, client, gatewayUrl, close };
  } catch (error) {
    if (!keep) await remove().catch((reason) => say(`cleaning up failed: ${reason}`));
    throw error;
  }
}

const clientOf = (kubeconfig: string) =>
  createKubeClient({ component: 'catnap-test', kubeConfig: loadKubeConfig({ file: kubeconfig }) });

interface ChartToInstall {
  images: ProvidedImages;
  /** Directory of the chart; this tree's by default. */
  chart?: string;
  /** Beyond those that every test needs. */
  values?: Record<string, unknown>;
}

/** Installs the chart, or upgrades to it, and waits until everything runs as it says. */
export async function installChart({
  kubeconfig,
  images,
  chart = CHART,
  values = {},
}: ChartToInstall & { kubeconfig: string }): Promise<void> {
  const kubectl = await createKubectl(kubeconfig);
  await kubectl.apply(systemNamespace());
  const settings = setArguments({ ...valuesFor(images), ...values });
  await helm(kubeconfig, RELEASE, ['upgrade', RELEASE.name, chart, '--install', ...settings]);
  await whenRolledOut(clientOf(kubeconfig), RELEASE.namespace);
}

/**
 * Uninstalls the release and installs another chart under its name, so that nothing but what Helm keeps is left of the
 * first. The gateway has the address that callers know already.
 */
export async function replaceRelease(kubeconfig: string, wanted: ChartToInstall): Promise<void> {
  const client = clientOf(kubeconfig);
  const service = await client.get(services, GATEWAY);
  await uninstallChart(kubeconfig);
  await client.create(services, reservation(service));
  await installChart({ kubeconfig, ...wanted });
}

/** Removes the release; what Helm keeps stays: the definition with every Function, secrets, volumes. */
async function uninstallChart(kubeconfig: string): Promise<void> {
  await helm(kubeconfig, RELEASE, ['uninstall', RELEASE.name, '--ignore-not-found', '--wait']);
}

/** The Service's address inside the cluster. */
async function addressOf(client: KubeClient): Promise<string> {
  const { spec }: Service = await client.get(services, GATEWAY);
  return `http://${spec?.clusterIP}:${spec?.ports?.[0]?.port}`;
}

/** Removes the release and all that Helm keeps. */
async function removeAll({ kubeconfig }: ClusterInfo, say: (line: string) => void): Promise<void> {
  say('uninstalling');
  const client = clientOf(kubeconfig);
  await uninstallChart(kubeconfig);
  const left: { type: ResourceType<KubeObject>; name: string }[] = [
    { type: customResourceDefinitions, name: DEFINITION },
    { type: namespaces, name: RELEASE.namespace },
  ];
  for (const { type, name } of left) {
    await client.delete(type, { name }).catch(ignoreNotFound);
    await waitFor(async () => (await client.get(type, { name }).catch(ignoreNotFound)) === undefined, {
      timeoutMs: GONE_TIMEOUT_MS,
      describe: `${name} to be gone`,
      intervalMs: 250,
    });
  }
}

function ignoreNotFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}
