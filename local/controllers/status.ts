import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '#kube/client.ts';
import type { KubeObject, ResourceType } from '#kube/resource.ts';

/** Writes a status when it differs from the one the object has; zero and absent are the same. */
export async function writeStatus<T extends KubeObject & { status?: object }>(
  client: KubeClient,
  type: ResourceType<T>,
  object: T,
  status: NonNullable<T['status']>,
): Promise<void> {
  if (isDeepStrictEqual(withoutZeros(object.status ?? {}), withoutZeros(status))) return;
  await client.update(type, { ...object, status }, { subresource: 'status' });
}

function withoutZeros(status: object): object {
  return Object.fromEntries(Object.entries(status).filter(([, value]) => value !== undefined && value !== 0));
}
