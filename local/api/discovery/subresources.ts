/** What discovery says of subresources. */

/** Subresources whose objects are of another kind than the resource's. */
export const SUBRESOURCE_KINDS: Readonly<Record<string, { group: string; version: string; kind: string }>> = {
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  eviction: { group: 'policy', version: 'v1', kind: 'Eviction' },
  binding: { group: '', version: 'v1', kind: 'Binding' },
};

const VERBS: Readonly<Record<string, readonly string[]>> = {
  log: ['get'],
  binding: ['create'],
  eviction: ['create'],
  finalize: ['update'],
};

export function subresourceVerbs(name: string): readonly string[] {
  return VERBS[name] ?? ['get', 'patch', 'update'];
}
