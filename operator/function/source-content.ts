/** Keeps of a ConfigMap only what reconciling needs: who it is and a hash of what it holds. */
import type { ConfigMap } from 'kubernetes-types/core/v1.js';
import { hashOf } from './canonical.ts';

/** In the cache only, never written: stands for `data` and `binaryData`. */
const CONTENT_HASH = 'catnap.dev/content-hash';

export function trimConfigMap(configMap: ConfigMap): ConfigMap {
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
  const annotations = { [CONTENT_HASH]: computeHash(configMap) };
  return {
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion,
      labels,
      ownerReferences,
      creationTimestamp,
      deletionTimestamp,
      annotations,
    },
  };
}

/** Hash of the content of a ConfigMap, trimmed or not. */
export function contentHash(configMap: ConfigMap): string {
  const kept = configMap.data ? undefined : configMap.metadata?.annotations?.[CONTENT_HASH];
  return kept ?? computeHash(configMap);
}

function computeHash({ data, binaryData }: ConfigMap): string {
  return hashOf({ data: data ?? {}, binaryData: binaryData ?? {} }, 64);
}
