import { currentCluster } from '#kube/credentials.ts';
import type { KubeConfig } from '#kube/kube-config.ts';

/**
 * A configuration for the same API server with the token of a `kubernetes.io/service-account-token` Secret,
 * and with nothing of the user that the given one names.
 *
 * @throws Error that names the remedy when there is no token
 */
export function accountConfig(base: KubeConfig, credentials: Readonly<Record<string, string>>): KubeConfig {
  const { token } = credentials;
  if (!token?.trim()) {
    throw new Error(
      'the Secret has no key "token": set secretRef to a Secret of type kubernetes.io/service-account-token, whose ServiceAccount may list and watch the objects',
    );
  }
  const given = currentCluster(base);
  const authority = credentials['ca.crt'];
  const cluster =
    authority === undefined
      ? given
      : { ...given, caFile: undefined, caData: Buffer.from(authority).toString('base64') };
  return {
    getCurrentCluster: () => cluster,
    getCurrentUser: () => ({ name: 'trigger', token: token.trim() }),
  };
}
