/**
 * Code is kept in no cache: with thousands of functions it would be most of the memory. What stays in its
 * place is a digest of each file, which is all that revisions and comparisons need.
 */
import { createHash } from 'node:crypto';
import type { ConfigMap } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { hashOf } from './canonical.ts';
import { fileKey } from './source-files.ts';

/** In the cache only, never written: stands for `data` and `binaryData`. */
const CONTENT_HASH = 'catnap.dev/content-hash';

/**
 * A Function with the digest of each inline file in place of its content. Revisions are made of such
 * Functions only; apply it exactly once.
 */
export function digestSource(fn: CatnapFunction): CatnapFunction {
  const files = fn.spec.source?.inline?.files;
  if (!files) return fn;
  return { ...fn, spec: { ...fn.spec, source: { inline: { files: digestAll(files) } } } };
}

export function trimConfigMap(configMap: ConfigMap): ConfigMap {
  const { apiVersion, kind, data, binaryData } = configMap;
  const {
    name,
    namespace,
    uid,
    resourceVersion,
    labels,
    ownerReferences,
    creationTimestamp,
    deletionTimestamp,
  } = configMap.metadata ?? {};
  const identity = { name, namespace, uid, resourceVersion, labels, ownerReferences };
  const annotations = { [CONTENT_HASH]: hashDigests(digestAll(data ?? {}), digestAll(binaryData ?? {})) };
  return { apiVersion, kind, metadata: { ...identity, creationTimestamp, deletionTimestamp, annotations } };
}

/** Hash of the content of a ConfigMap from the cache. */
export function contentHash(trimmed: ConfigMap): string {
  return trimmed.metadata?.annotations?.[CONTENT_HASH] ?? '';
}

/** What {@link contentHash} of the ConfigMap for these inline files is to be. */
export function inlineContentHash(digestedFiles: Record<string, string>): string {
  const byKey = Object.entries(digestedFiles).map(([path, digest]) => [fileKey(path), digest]);
  return hashDigests(Object.fromEntries(byKey), {});
}

function digestAll(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, content]) => [name, digest(content)]));
}

function digest(content: string): string {
  return createHash('sha256').update(content).digest('base64url');
}

function hashDigests(data: Record<string, string>, binaryData: Record<string, string>): string {
  return hashOf({ data, binaryData }, 64);
}
