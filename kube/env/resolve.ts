/** A container's environment, from its spec and the ConfigMaps and Secrets that this refers to. */
import type { Container, EnvFromSource, EnvVar } from 'kubernetes-types/core/v1.js';
import { ConfigError } from './config-error.ts';
import { expandReferences } from './expand.ts';
import { type Sources, secretValue } from './sources.ts';

/** The value of a variable whose source is neither a ConfigMap nor a Secret. */
export type ResolveOther = (variable: EnvVar) => string;

/**
 * The variables of `envFrom` and `env`, as a kubelet makes them: a variable of `env` may refer to those of
 * `envFrom` and to earlier ones; later ones win.
 *
 * @throws ConfigError that names what is missing
 */
export function resolveVariables(
  { env = [], envFrom = [] }: Pick<Container, 'env' | 'envFrom'>,
  sources: Sources,
  other: ResolveOther = refuse,
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const from of envFrom) Object.assign(result, resolveEnvFrom(from, sources));
  for (const variable of env) {
    const value = variable.valueFrom
      ? resolveValueFrom(variable, sources, other)
      : expandReferences(variable.value ?? '', result);
    if (value !== undefined) result[variable.name] = value;
  }
  return result;
}

/** Of a ConfigMap only the texts: binary data never gets into an environment. */
function resolveEnvFrom(from: EnvFromSource, sources: Sources): Record<string, string> {
  const values: Record<string, string> = {};
  if (from.configMapRef) {
    const { name = '', optional } = from.configMapRef;
    const map = sources.configMap(name);
    if (!map && !optional) throw notFound('configmap', name);
    Object.assign(values, map?.data);
  }
  if (from.secretRef) {
    const { name = '', optional } = from.secretRef;
    const secret = sources.secret(name);
    if (!secret && !optional) throw notFound('secret', name);
    for (const key of Object.keys(secret?.data ?? {})) {
      values[key] = secretValue(secret, key)?.toString('utf8') ?? '';
    }
  }
  const named = Object.entries(values).map(([key, value]) => [`${from.prefix ?? ''}${key}`, value] as const);
  return Object.fromEntries(named.filter(([name]) => isVariableName(name)));
}

function resolveValueFrom(variable: EnvVar, sources: Sources, other: ResolveOther): string | undefined {
  const { configMapKeyRef, secretKeyRef } = variable.valueFrom ?? {};
  if (configMapKeyRef) {
    const map = sources.configMap(configMapKeyRef.name ?? '');
    return keyValue('configmap', configMapKeyRef, map, map?.data?.[configMapKeyRef.key]);
  }
  if (secretKeyRef) {
    const secret = sources.secret(secretKeyRef.name ?? '');
    const value = secretValue(secret, secretKeyRef.key);
    return keyValue('secret', secretKeyRef, secret, value?.toString('utf8'));
  }
  return other(variable);
}

function keyValue(
  kind: string,
  ref: { name?: string; key: string; optional?: boolean },
  source: object | undefined,
  value: string | undefined,
): string | undefined {
  if (value !== undefined || ref.optional) return value;
  const { name = '', key } = ref;
  if (!source) throw notFound(kind, name);
  throw new ConfigError(`couldn't find key ${JSON.stringify(key)} in ${kind} ${JSON.stringify(name)}`);
}

function notFound(kind: string, name: string): ConfigError {
  return new ConfigError(`${kind} ${JSON.stringify(name)} not found`);
}

function refuse({ name }: EnvVar): never {
  throw new ConfigError(`env ${name}: this kind of valueFrom is not supported`);
}

/** What Kubernetes takes for a name: printable ASCII without `=`. Others are left out, not refused. */
function isVariableName(name: string): boolean {
  return /^[\x20-\x3c\x3e-\x7e]+$/.test(name);
}
