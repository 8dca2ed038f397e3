/** Reads the Secrets that triggers refer to. They are in no cache, and nothing here keeps them. */
import type { Secret } from 'kubernetes-types/core/v1.js';
import type { KubeClient } from '#kube/client.ts';
import { secretValue } from '#kube/env/sources.ts';
import { isForbidden, isNotFound } from '#kube/errors.ts';
import { secrets } from '#kube/resource.ts';
import { type Credentials, MAX_CREDENTIALS_BYTES } from './spec.ts';

/**
 * What each Secret holds now, by name.
 *
 * @throws KubeError when the API server does not answer
 */
export async function readCredentials(
  client: Pick<KubeClient, 'get'>,
  namespace: string,
  names: Iterable<string>,
): Promise<Map<string, Credentials>> {
  const reads = [...names].map(async (name): Promise<[string, Credentials]> => {
    try {
      return [name, credentialsOf(await client.get(secrets, { namespace, name }))];
    } catch (error) {
      if (isNotFound(error)) return [name, 'missing'];
      if (isForbidden(error)) return [name, 'forbidden'];
      throw error;
    }
  });
  return new Map(await Promise.all(reads));
}

function credentialsOf(secret: Secret): Credentials {
  const keys = Object.keys(secret.data ?? {});
  const values = keys.map((key) => [key, secretValue(secret, key) ?? Buffer.alloc(0)] as const);
  const bytes = values.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (bytes > MAX_CREDENTIALS_BYTES) return 'too large';
  return Object.fromEntries(values.map(([key, value]) => [key, value.toString('utf8')]));
}
