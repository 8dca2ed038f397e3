import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { KubeClient } from '#kube/client.ts';
import { isConflict } from '#kube/errors.ts';
import { deployments, refOf } from '#kube/resource.ts';
import { scaleOf } from './scale-of.ts';

export type ScaleClient = Pick<KubeClient, 'getScale' | 'setScale'>;

/**
 * Scales a Deployment from what was seen of it. Most conflicts are the Deployment controller writing status,
 * so the lock is taken once more when the scale is the same.
 *
 * @param from what it is scaled to, when that is known better than from `deployment`
 * @returns the Deployment's new version, or undefined when someone else scaled meanwhile
 */
export async function setScale(
  client: ScaleClient,
  deployment: Deployment,
  to: number,
  { fieldManager, from = scaleOf(deployment) }: { fieldManager: string; from?: number },
): Promise<string | undefined> {
  const ref = refOf(deployment);
  const set = async (resourceVersion: string | undefined) => {
    const scale = await client.setScale(deployments, ref, to, { fieldManager, resourceVersion });
    return scale.metadata?.resourceVersion ?? '';
  };
  try {
    return await set(deployment.metadata?.resourceVersion);
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
  const live = await client.getScale(deployments, ref);
  if ((live.spec?.replicas ?? 0) !== from) return undefined;
  return set(live.metadata?.resourceVersion).catch((error: unknown) =>
    isConflict(error) ? undefined : Promise.reject(error),
  );
}
