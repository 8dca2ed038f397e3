/** What a volume's directory has to hold. */
import { posix } from 'node:path';
import type {
  ConfigMap,
  DownwardAPIVolumeFile,
  KeyToPath,
  Pod,
  Secret,
  Volume,
  VolumeProjection,
} from 'kubernetes-types/core/v1.js';
import { ConfigError } from '#kube/env/config-error.ts';
import { type Sources, secretValue } from '#kube/env/sources.ts';
import { fieldValue, type PodFacts, resourceValue } from '../env/downward.ts';
import { configMapValue } from '../env/sources.ts';

export interface PlannedFile {
  content: Buffer;
  mode: number;
}

/** Undefined: a directory that belongs to the containers. */
export type VolumePlan = Map<string, PlannedFile> | undefined;

interface Context {
  pod: Pod;
  facts: PodFacts;
  sources: Sources;
}

const DEFAULT_MODE = 0o644;
const UNSUPPORTED =
  'is not supported by this node; use configMap, secret, emptyDir, downwardAPI or projected';

/** Throws {@link ConfigError} naming what is missing or not supported. */
export function planVolume(volume: Volume, context: Context): VolumePlan {
  if (volume.emptyDir) return undefined;
  const projections = projectionsOf(volume);
  const mode = volume.configMap?.defaultMode ?? volume.secret?.defaultMode;
  const defaultMode =
    mode ?? volume.downwardAPI?.defaultMode ?? volume.projected?.defaultMode ?? DEFAULT_MODE;
  const files: NonNullable<VolumePlan> = new Map();
  for (const projection of projections) {
    for (const [path, file] of planProjection(projection, defaultMode, context)) {
      files.set(safePath(volume.name, path), file);
    }
  }
  return files;
}

function projectionsOf(volume: Volume): VolumeProjection[] {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap) return [{ configMap }];
  if (secret) return [{ secret: { ...secret, name: secret.secretName } }];
  if (downwardAPI) return [{ downwardAPI }];
  if (projected) return projected.sources ?? [];
  const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'without a source';
  throw new ConfigError(`volume ${JSON.stringify(volume.name)}: ${kind} ${UNSUPPORTED}`);
}

function planProjection(
  projection: VolumeProjection,
  mode: number,
  context: Context,
): Iterable<[string, PlannedFile]> {
  const { configMap, secret, downwardAPI } = projection;
  if (configMap) {
    const map = context.sources.configMap(configMap.name ?? '');
    return planKeys(configMapKeys(map), configMap, 'configmap', mode);
  }
  if (secret) {
    const found = context.sources.secret(secret.name ?? '');
    return planKeys(secretKeys(found), secret, 'secret', mode);
  }
  if (downwardAPI) return (downwardAPI.items ?? []).map((item) => planField(item, mode, context));
  if (projection.serviceAccountToken) {
    throw new ConfigError('projected serviceAccountToken is not supported by this node');
  }
  return [];
}

type Keys = { names: string[]; value(key: string): Buffer | undefined } | undefined;

function configMapKeys(map: ConfigMap | undefined): Keys {
  if (!map) return undefined;
  const names = [...Object.keys(map.data ?? {}), ...Object.keys(map.binaryData ?? {})];
  return { names, value: (key) => configMapValue(map, key) };
}

function secretKeys(secret: Secret | undefined): Keys {
  if (!secret) return undefined;
  return { names: Object.keys(secret.data ?? {}), value: (key) => secretValue(secret, key) };
}

function* planKeys(
  keys: Keys,
  source: { name?: string; items?: KeyToPath[]; optional?: boolean },
  kind: string,
  defaultMode: number,
): Generator<[string, PlannedFile]> {
  const name = JSON.stringify(source.name ?? '');
  if (!keys) {
    if (source.optional) return;
    throw new ConfigError(`${kind} ${name} not found`);
  }
  const items = source.items ?? keys.names.map((key) => ({ key, path: key }));
  for (const item of items) {
    const content = keys.value(item.key);
    if (content) yield [item.path, { content, mode: (item as KeyToPath).mode ?? defaultMode }];
    else if (!source.optional) {
      throw new ConfigError(`${kind} ${name} has no key ${JSON.stringify(item.key)}`);
    }
  }
}

function planField(
  item: DownwardAPIVolumeFile,
  defaultMode: number,
  { pod, facts }: Context,
): [string, PlannedFile] {
  const text = item.fieldRef
    ? fieldValue(pod, facts, item.fieldRef)
    : resourceValue(pod, facts, item.resourceFieldRef ?? { resource: '' });
  return [item.path, { content: Buffer.from(text), mode: item.mode ?? defaultMode }];
}

function safePath(volume: string, path: string): string {
  const normal = posix.normalize(path);
  if (path === '' || path.startsWith('/') || normal.split('/').includes('..') || normal.startsWith('..')) {
    throw new ConfigError(
      `volume ${JSON.stringify(volume)}: path ${JSON.stringify(path)} must be relative, without '..'`,
    );
  }
  return normal;
}
