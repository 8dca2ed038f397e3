/** The resources that are served right now. */
import { apiVersionOf, type Resource } from './resource.ts';

export interface ResourceRegistry {
  find(group: string, version: string, plural: string): Resource | undefined;
  /** By kind, in any served version of the group when `version` is absent. */
  findKind(group: string, version: string | undefined, kind: string): Resource | undefined;
  all(): Resource[];
  add(resource: Resource): void;
  remove(resource: Resource): void;
  /** Grows with each change, for caches of what is derived from the registry. */
  readonly generation: number;
}

export function createRegistry(initial: readonly Resource[]): ResourceRegistry {
  const resources = new Map<string, Resource>();
  let generation = 0;
  const keyOf = (group: string, version: string, plural: string) => `${group}/${version}/${plural}`;

  const add = (resource: Resource) => {
    resources.set(keyOf(resource.group, resource.version, resource.plural), resource);
    generation += 1;
  };
  for (const resource of initial) add(resource);

  return {
    get generation() {
      return generation;
    },
    find: (group, version, plural) => resources.get(keyOf(group, version, plural)),
    findKind: (group, version, kind) =>
      resources
        .values()
        .find((it) => it.group === group && it.kind === kind && (version ?? it.version) === it.version),
    all: () => [...resources.values()],
    add,
    remove(resource) {
      const key = keyOf(resource.group, resource.version, resource.plural);
      // A newer definition of the same resource may have taken the place already.
      if (resources.get(key) !== resource) return;
      resources.delete(key);
      generation += 1;
    },
  };
}

/** The group-versions of the resources, the core group first, then in order of first appearance. */
export function groupVersions(resources: readonly Resource[]): Map<string, Resource[]> {
  const groups = new Map<string, Resource[]>();
  for (const resource of resources) {
    const key = apiVersionOf(resource);
    const members = groups.get(key);
    if (members) members.push(resource);
    else groups.set(key, [resource]);
  }
  return groups;
}
