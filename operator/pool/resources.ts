import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Container, EnvVar, Volume } from 'kubernetes-types/core/v1.js';
import { claimPublicKey } from '#crds/wire/claim.ts';
import { environment } from '#crds/wire/environment.ts';
import { CLAIM_PORT, FUNCTION_PORT, labels, MANAGED_BY, POOL_GATE, poolKey } from '#crds/wire/names.ts';
import { parseQuantity } from '../function/quantity.ts';
import { type PodSettings, withAppliedHash } from '../function/resources/deployment.ts';
import {
  announceEnvironment,
  heapOption,
  NODE_OPTIONS,
  uidVariable,
} from '../function/resources/environment.ts';
import { confinedContainer, confinedPod, probesOf } from '../function/resources/pod.ts';
import { poolName, type Shape } from './shape.ts';

/** Where a warm pod keeps what it is handed: in memory, and away from what functions may fill. */
const LAUNCH_DIR = '/launch';
/** Room for the largest launch spec and its files beside it. */
const LAUNCH_SIZE = '16Mi';
/** The same for all functions of a host, most of which have few kilobytes. */
const HOST_LAUNCH_SIZE = '256Mi';
/** Functions that a host has loaded at the same time. */
export const HOST_CAPACITY = 100;

export interface PoolSettings extends PodSettings {
  /** What operator and gateways share. */
  encryptionKey: Buffer;
  /** Threads that each host of isolates keeps ready. */
  spareThreads: number;
}

export function poolDeploymentName(pool: string): string {
  return `pool-${pool}`;
}

/** The Deployment of warm pods, as it is server-side applied: without `replicas`, which are set apart. */
export function poolDeployment(namespace: string, shape: Shape, settings: PoolSettings): Deployment {
  const pool = poolName(shape);
  const selector = { [labels.pool]: pool };
  const own = { ...selector, [labels.managedBy]: MANAGED_BY };
  const container = warmContainer(poolKey(namespace, pool), shape, settings);
  const sizeLimit = shape.hosts ? HOST_LAUNCH_SIZE : LAUNCH_SIZE;
  // Hosts are few, and somebody waits for each.
  const schedulingGates = shape.hosts ? undefined : [{ name: POOL_GATE }];
  const volumes: Volume[] = [{ name: 'launch', emptyDir: { medium: 'Memory', sizeLimit } }];
  return withAppliedHash({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: poolDeploymentName(pool), namespace, labels: own },
    spec: {
      selector: { matchLabels: selector },
      revisionHistoryLimit: 0,
      // Pods of a new make are warm before an old one goes.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: '25%' } },
      template: {
        metadata: { labels: own },
        spec: {
          ...confinedPod(shape.graceSeconds, container, volumes),
          ...(schedulingGates && { schedulingGates }),
        },
      },
    },
  });
}

function warmContainer(key: string, shape: Shape, settings: PoolSettings): Container {
  return confinedContainer({
    image: settings.runtimeImage,
    ports: [
      { name: 'http', containerPort: FUNCTION_PORT, protocol: 'TCP' },
      { name: 'claim', containerPort: CLAIM_PORT, protocol: 'TCP' },
    ],
    env: warmEnvironment(key, shape, settings),
    resources: shape.resources,
    // It stays open when a function is served, so that the pod stays ready from one to the other.
    ...probesOf(CLAIM_PORT),
    volumeMounts: [{ name: 'launch', mountPath: LAUNCH_DIR }],
  });
}

function warmEnvironment(key: string, shape: Shape, settings: PoolSettings): EnvVar[] {
  const { announce, encryptionKey } = settings;
  const own: Record<string, string | undefined> = {
    [environment.port]: String(FUNCTION_PORT),
    [environment.claimKey]: claimPublicKey(encryptionKey),
    [environment.pool]: key,
    [environment.launchDir]: LAUNCH_DIR,
    [NODE_OPTIONS]: heapOption(shape.resources.limits.memory),
    ...(shape.hosts && hostEnvironment(shape, settings)),
  };
  const variables = Object.entries(own).filter(([, value]) => value !== undefined);
  return [
    ...variables.map(([name, value]) => ({ name, value })),
    uidVariable(),
    ...(announce ? announceEnvironment(key, announce) : []),
  ];
}

function hostEnvironment({ resources }: Shape, settings: PoolSettings): Record<string, string> {
  const bytes = parseQuantity(resources.limits.memory) ?? 0;
  return {
    [environment.isolates]: String(HOST_CAPACITY),
    [environment.isolateSpares]: String(settings.spareThreads),
    [environment.isolateMemory]: String(Math.floor(bytes / 2 ** 20)),
  };
}
