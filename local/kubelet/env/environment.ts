/** A container's environment on this node: what its spec refers to, and the fields of the pod. */
import type { Container, EnvVar, Pod } from 'kubernetes-types/core/v1.js';
import { ConfigError } from '#kube/env/config-error.ts';
import { resolveVariables } from '#kube/env/resolve.ts';
import type { Sources } from '#kube/env/sources.ts';
import { fieldValue, type PodFacts, resourceValue } from './downward.ts';

/** Throws {@link ConfigError} naming what is missing. */
export function resolveEnvironment(
  container: Container,
  pod: Pod,
  facts: PodFacts,
  sources: Sources,
): Record<string, string> {
  return resolveVariables(container, sources, ({ name, valueFrom }: EnvVar) => {
    const { fieldRef, resourceFieldRef } = valueFrom ?? {};
    if (fieldRef) return fieldValue(pod, facts, fieldRef);
    if (resourceFieldRef) return resourceValue(pod, facts, resourceFieldRef, container);
    throw new ConfigError(`env ${name}: this kind of valueFrom is not supported`);
  });
}
