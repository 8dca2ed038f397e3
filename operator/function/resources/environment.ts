import type { EnvVar } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { announceToken } from '#crds/wire/announcement.ts';
import { environment } from '#crds/wire/environment.ts';
import { FUNCTION_PORT, functionKey } from '#crds/wire/names.ts';
import type { AnnounceConfig } from '../../config.ts';
import { containerResources, heapMebibytes } from './memory.ts';

/** Where the code is mounted, read-only. */
export const FUNCTION_DIR = '/function';
const DEFAULT_HANDLER = 'index.handler';
export const NODE_OPTIONS = 'NODE_OPTIONS';

/**
 * The platform's variables first, so that a user's value may refer to them as `$(PORT)`.
 *
 * @param announce how pods of the language runtimes announce themselves; undefined when they do not
 */
export function containerEnvironment(
  fn: CatnapFunction,
  revision: string,
  announce: AnnounceConfig | undefined,
): EnvVar[] {
  const platform: Record<string, string> = {
    [environment.port]: String(FUNCTION_PORT),
    [environment.functionName]: fn.metadata.name,
    [environment.functionNamespace]: fn.metadata.namespace,
    [environment.revision]: revision,
    [environment.concurrency]: String(fn.spec.scaling.concurrency),
    [environment.timeoutSeconds]: String(fn.spec.timeoutSeconds),
    ...sourceEnvironment(fn),
  };
  const key = functionKey(fn.metadata.namespace, fn.metadata.name);
  return [
    ...Object.entries(platform).map(([name, value]) => ({ name, value })),
    ...(announce && !fn.spec.image ? [...announceEnvironment(key, announce), uidVariable()] : []),
    ...userEnvironment(fn),
  ];
}

/** With Node.js told how much memory its heap may take; the user's own options come last, so they win. */
function userEnvironment(fn: CatnapFunction): EnvVar[] {
  const user = (fn.spec.env ?? []) as EnvVar[];
  const options = fn.spec.image ? undefined : heapOption(containerResources(fn).limits.memory);
  if (options === undefined) return user;
  const own = user.find(({ name }) => name === NODE_OPTIONS);
  if (!own) return [{ name: NODE_OPTIONS, value: options }, ...user];
  if (own.valueFrom) return user;
  const both = { name: NODE_OPTIONS, value: `${options} ${own.value ?? ''}`.trim() };
  return user.map((variable) => (variable === own ? both : variable));
}

/** What limits the heap of Node.js in a container with this much memory. */
export function heapOption(memoryLimit: number | string | undefined): string | undefined {
  const heap = heapMebibytes(memoryLimit);
  return heap === undefined ? undefined : `--max-old-space-size=${heap}`;
}

/**
 * Not part of the revision: it says how the platform finds pods, not what runs in them.
 *
 * @param key of the function, or of the pool
 */
export function announceEnvironment(key: string, announce: AnnounceConfig): EnvVar[] {
  return [
    { name: environment.announceUrl, value: announce.url },
    { name: environment.announceToken, value: announceToken(announce.key, key) },
  ];
}

/** The pod's own uid, which only the kubelet can fill in. */
export function uidVariable(): EnvVar {
  return { name: environment.podUid, valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } };
}

function sourceEnvironment({ spec }: CatnapFunction): Record<string, string> {
  if (!spec.source) return {};
  const handler = { [environment.handler]: spec.handler ?? DEFAULT_HANDLER };
  const { archive } = spec.source;
  if (!archive) return { ...handler, [environment.functionDir]: FUNCTION_DIR };
  return { ...handler, [environment.archiveUrl]: archive.url, [environment.archiveSha256]: archive.sha256 };
}
