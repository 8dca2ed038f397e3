/** Brings a platform up, part by part. */
import { createKubeClient, type KubeClient } from '#kube/client.ts';
import { loadKubeConfig } from '#kube/kube-config.ts';
import { installApi } from './install.ts';

import type { Platform } from './platform.ts';
import { type Say, step } from './steps.ts';

/** Starts everything and installs the API. On failure some parts may run: stop the platform. */
export async function bringUp(platform: Platform, say: Say): Promise<KubeClient> {
  await Promise.all([
    step('Redis', () => platform.redis.start(), say),
    step('Kubernetes API and node', () => platform.cluster.start(), say),
  ]);
  const kubeConfig = loadKubeConfig({ file: platform.kubeconfig });
  const client = createKubeClient({ component: 'local', kubeConfig });
  await step('Function API', () => installApi(client), say);
  await Promise.all([
    step('operator', () => platform.operator.start(), say),
    step('gateway', () => platform.gateway.start(), say),
  ]);
  return client;
}
