import type { Deployment } from 'kubernetes-types/apps/v1.js';

/** What a Deployment is scaled to; the API's default where it says nothing, 0 where there is none. */
export function scaleOf(deployment: Deployment | undefined): number {
  return deployment ? (deployment.spec?.replicas ?? 1) : 0;
}
