/** What a warm pod is handed to become a function's. Pure. */
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { environment } from '#crds/wire/environment.ts';
import {
  ISOLATE_MEBIBYTES,
  type IsolateLimits,
  type LaunchSpec,
  MAX_LAUNCH_SPEC_BYTES,
} from '#crds/wire/launch-spec.ts';
import { functionKey } from '#crds/wire/names.ts';
import { ConfigError } from '#kube/env/config-error.ts';
import { resolveVariables } from '#kube/env/resolve.ts';
import type { Sources } from '#kube/env/sources.ts';
import type { AnnounceConfig } from '../config.ts';
import { canonicalJson } from '../function/canonical.ts';
import { parseQuantity } from '../function/quantity.ts';
import { containerEnvironment } from '../function/resources/environment.ts';
import { heapMebibytes } from '../function/resources/memory.ts';
import { whyDedicatedByEnvironment } from './eligibility.ts';

/** The files of the function, by relative path; none for archives, which the pod fetches. */
export type LaunchFiles = Pick<LaunchSpec, 'files' | 'binaryFiles'>;

/** What a pod knows better: where it puts the files, and which pod it is. */
const OF_THE_POD: ReadonlySet<string> = new Set([environment.functionDir, environment.podUid]);

/**
 * The environment that a container of the function would be given.
 *
 * @throws ConfigError when something that it refers to is missing, or it is none for a pod that runs already
 */
export function launchEnvironment(
  fn: CatnapFunction,
  revision: string,
  announce: AnnounceConfig | undefined,
  sources: Sources,
): Record<string, string> {
  const resolve = ({ spec }: CatnapFunction) => {
    const env = containerEnvironment({ ...fn, spec }, revision, announce);
    const isOurs = ({ name }: { name: string }) => !OF_THE_POD.has(name);
    return resolveVariables({ env: env.filter(isOurs), envFrom: spec.envFrom }, sources);
  };
  const resolved = resolve(fn);
  const platform = resolve({ ...fn, spec: { ...fn.spec, env: [], envFrom: [] } });
  const why = whyDedicatedByEnvironment(resolved, platform);
  if (why) throw new ConfigError(why);
  const broken = Object.keys(resolved).find((name) => resolved[name]?.includes('\0'));
  if (broken) throw new ConfigError(`${broken} holds a zero byte, which no environment can`);
  return resolved;
}

/**
 * The launch spec in the form that is kept: the same content always gives the same bytes.
 *
 * @throws ConfigError when it is larger than pods take
 */
export function launchSpecBytes(
  fn: CatnapFunction,
  revision: string,
  env: Record<string, string>,
  files: LaunchFiles,
): Buffer {
  const key = functionKey(fn.metadata.namespace, fn.metadata.name);
  const isolate = fn.spec.class === 'isolate' ? { isolate: isolateLimits(fn) } : {};
  const spec: LaunchSpec = { function: key, revision, env, ...files, ...isolate };
  const bytes = Buffer.from(canonicalJson(spec));
  if (bytes.length > MAX_LAUNCH_SPEC_BYTES) {
    throw new ConfigError(`code and environment together are ${bytes.length} bytes, too many to hand over`);
  }
  return bytes;
}

/** What a function may take of a host: of memory what its limit leaves for JavaScript. */
function isolateLimits({ spec }: CatnapFunction): IsolateLimits {
  const { memory, cpu } = spec.resources.limits ?? {};
  const cores = parseQuantity(cpu);
  return {
    memoryMebibytes: heapMebibytes(memory) ?? ISOLATE_MEBIBYTES,
    ...(cores !== undefined && { cpuMillis: Math.max(1, Math.round(cores * 1_000)) }),
    idleSeconds: spec.scaling.idleSeconds,
  };
}
