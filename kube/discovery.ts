/** Which resource a kind is: what the API server itself says. */

import type { KubeClient } from './client.ts';
import { isNotFound, KubeError } from './errors.ts';
import { type KubeObject, type ResourceType, resourceType } from './resource.ts';

/** One entry of an APIResourceList. */
export interface ApiResource {
  /** Plural; `plural/subresource` for subresources. */
  name: string;
  kind: string;
  namespaced: boolean;
}

/**
 * The resource of a kind.
 *
 * @param apiVersion `version` or `group/version`
 * @throws KubeError NotFound when the server knows no such kind; as every call of the client else
 */
export async function discoverResource(
  client: Pick<KubeClient, 'resources'>,
  apiVersion: string,
  kind: string,
  signal?: AbortSignal,
): Promise<ResourceType<KubeObject>> {
  const known = await client.resources(apiVersion, { signal }).catch((error: unknown) => {
    if (isNotFound(error)) return [];
    throw error;
  });
  const found = known.find((resource) => resource.kind === kind && !resource.name.includes('/'));
  if (found !== undefined) {
    return resourceType(apiVersion, kind, found.name, found.namespaced ? 'Namespaced' : 'Cluster');
  }
  throw new KubeError({
    status: 404,
    reason: 'NotFound',
    message: `the API server knows no kind ${kind} in ${apiVersion}`,
  });
}
