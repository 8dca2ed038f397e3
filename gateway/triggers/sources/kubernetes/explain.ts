import { isKubeError } from '#kube/errors.ts';
import type { KubernetesConfig } from './follow.ts';

/** The failure with what helps against it. */
export function explained(error: unknown, { apiVersion, kind }: KubernetesConfig): Error {
  const message = error instanceof Error ? error.message : String(error);
  const remedy = isKubeError(error) ? remedies[error.status] : undefined;
  return new Error(`${apiVersion} ${kind}: ${message}${remedy ? `; ${remedy}` : ''}`, { cause: error });
}

const remedies: Record<number, string> = {
  400: 'check spec.triggers[].kubernetes.labelSelector',
  401: 'the token of the Secret is not valid: set secretRef to a Secret of type kubernetes.io/service-account-token whose ServiceAccount exists',
  403: "give the Secret's ServiceAccount a Role with the verbs list and watch on these objects",
  404: 'check spec.triggers[].kubernetes.apiVersion and kind: kubectl api-resources lists what there is',
};
