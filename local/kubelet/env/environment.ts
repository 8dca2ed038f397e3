/** A container's environment, from its spec and what the spec refers to. */
import type { Container, EnvFromSource, EnvVar, Pod } from 'kubernetes-types/core/v1.js';
import { ConfigError } from './config-error.ts';
import { fieldValue, type PodFacts, resourceValue } from './downward.ts';
import { expandReferences } from './expand.ts';
import { configMapValue, type Sources, secretValue } from './sources.ts';

/**
 * The variables of `env` and `envFrom`. A variable may refer to earlier ones of `env`; later ones win.
 * Throws {@link ConfigError} naming what is missing.
 */
export function resolveEnvironment(
  container: Container,
  pod: Pod,
  facts: PodFacts,
  sources: Sources,
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const from of container.envFrom ?? []) Object.assign(result, resolveEnvFrom(from, sources));
  const own: Record<string, string> = {};
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom
      ? resolveValueFrom(variable, { container, pod, facts, sources })
      : expandReferences(variable.value ?? '', own);
    if (value !== undefined) own[variable.name] = value;
  }
  return Object.assign(result, own);
}

function resolveEnvFrom(from: EnvFromSource, sources: Sources): Record<string, string> {
  const result: Record<string, string> = {};
  const add = (key: string, value: Buffer | undefined) => {
    const name = `${from.prefix ?? ''}${key}`;
    if (value && name && !name.includes('=')) result[name] = value.toString('utf8');
  };
  if (from.configMapRef) {
    const { name = '', optional } = from.configMapRef;
    const map = sources.configMap(name);
    if (!map && !optional) throw new ConfigError(`configmap ${JSON.stringify(name)} not found`);
    for (const key of Object.keys(map?.data ?? {})) add(key, configMapValue(map, key));
  }
  if (from.secretRef) {
    const { name = '', optional } = from.secretRef;
    const secret = sources.secret(name);
    if (!secret && !optional) throw new ConfigError(`secret ${JSON.stringify(name)} not found`);
    for (const key of Object.keys(secret?.data ?? {})) add(key, secretValue(secret, key));
  }
  return result;
}

interface Context {
  container: Container;
  pod: Pod;
  facts: PodFacts;
  sources: Sources;
}

function resolveValueFrom(variable: EnvVar, context: Context): string | undefined {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = variable.valueFrom ?? {};
  const { pod, facts, container, sources } = context;
  if (fieldRef) return fieldValue(pod, facts, fieldRef);
  if (resourceFieldRef) return resourceValue(pod, facts, resourceFieldRef, container);
  if (configMapKeyRef) {
    const map = sources.configMap(configMapKeyRef.name ?? '');
    return keyOf('configmap', configMapKeyRef, map, configMapValue(map, configMapKeyRef.key));
  }
  if (secretKeyRef) {
    const secret = sources.secret(secretKeyRef.name ?? '');
    return keyOf('secret', secretKeyRef, secret, secretValue(secret, secretKeyRef.key));
  }
  throw new ConfigError(`env ${variable.name}: this kind of valueFrom is not supported`);
}

function keyOf(
  kind: string,
  ref: { name?: string; key: string; optional?: boolean },
  source: object | undefined,
  value: Buffer | undefined,
): string | undefined {
  if (value) return value.toString('utf8');
  if (ref.optional) return undefined;
  const name = JSON.stringify(ref.name ?? '');
  throw new ConfigError(
    source ? `couldn't find key ${JSON.stringify(ref.key)} in ${kind} ${name}` : `${kind} ${name} not found`,
  );
}
