import type { ConfigMap } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { labels } from '#crds/wire/names.ts';
import { fileKey } from '../source-files.ts';
import { childMetadata } from './owner.ts';

export function configMapName(functionName: string, revision: string): string {
  return `fn-${functionName}-${revision}`;
}

/**
 * The files of an inline source. Immutable, because its content is part of the revision in its name: the
 * kubelet then needs no watch for it, and running pods cannot see other code than they loaded.
 */
export function inlineConfigMap(
  fn: CatnapFunction,
  files: Record<string, string>,
  revision: string,
): ConfigMap {
  const data = Object.fromEntries(Object.entries(files).map(([path, content]) => [fileKey(path), content]));
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: childMetadata(fn, configMapName(fn.metadata.name, revision), { [labels.revision]: revision }),
    immutable: true,
    data,
  };
}
