import { createHash } from 'node:crypto';
import type { PodTemplateSpec } from 'kubernetes-types/core/v1.js';

export const TEMPLATE_HASH_LABEL = 'pod-template-hash';

/** Without vowels and look-alikes, as Kubernetes encodes its hashes, so that no words come out. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Ten characters that change when the pod template does; key order and the hash label itself do not count. */
export function templateHash(template: PodTemplateSpec | undefined): string {
  const labels = { ...template?.metadata?.labels };
  delete labels[TEMPLATE_HASH_LABEL];
  const canonical = stable({ ...template, metadata: { ...template?.metadata, labels } });
  const digest = createHash('sha256').update(canonical).digest();
  return [...digest.subarray(0, 10)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

function stable(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
