import type { KubeObject, ResourceType } from '#kube/resource.ts';
import * as kinds from '#kube/resource.ts';

export interface GraphEntry {
  kind: ResourceType<KubeObject>;
  object: KubeObject;
}

/** Who owns whom, by uid. */
export interface Graph {
  get(uid: string): GraphEntry | undefined;
  dependentsOf(ownerUid: string): GraphEntry[];
  kindOf(apiVersion: string, kind: string): ResourceType<KubeObject> | undefined;
  /** Takes in one change of a watch; returns the uids that must be looked at because of it. */
  update(
    kind: ResourceType<KubeObject>,
    current: KubeObject | undefined,
    previous: KubeObject | undefined,
  ): string[];
}

export function createGraph(): Graph {
  const entries = new Map<string, GraphEntry>();
  const dependents = new Map<string, Set<string>>();
  const kindsByName = new Map<string, ResourceType<KubeObject>>();
  const ownersOf = (object: KubeObject | undefined) =>
    (object?.metadata?.ownerReferences ?? []).map(({ uid }) => uid);

  const unlink = (uid: string, object: KubeObject | undefined) => {
    for (const owner of ownersOf(object)) {
      const set = dependents.get(owner);
      set?.delete(uid);
      if (set?.size === 0) dependents.delete(owner);
    }
  };
  const link = (uid: string, object: KubeObject) => {
    for (const owner of ownersOf(object)) {
      const set = dependents.get(owner) ?? new Set();
      dependents.set(owner, set.add(uid));
    }
  };

  const touchDependents = (uid: string, touched: Set<string>) => {
    for (const dependent of dependents.get(uid) ?? []) touched.add(dependent);
  };
  const forget = (previous: KubeObject, current: KubeObject | undefined, touched: Set<string>) => {
    const uid = previous.metadata?.uid ?? '';
    unlink(uid, previous);
    if (uid !== current?.metadata?.uid) {
      entries.delete(uid);
      touchDependents(uid, touched);
    }
    // Owners that wait for their dependents look again.
    for (const owner of ownersOf(previous)) touched.add(owner);
  };
  const remember = (kind: ResourceType<KubeObject>, current: KubeObject, touched: Set<string>) => {
    const uid = current.metadata?.uid ?? '';
    entries.set(uid, { kind, object: current });
    link(uid, current);
    touched.add(uid);
    if (current.metadata?.deletionTimestamp !== undefined) touchDependents(uid, touched);
  };

  return {
    get: (uid) => entries.get(uid),
    dependentsOf: (uid) =>
      [...(dependents.get(uid) ?? [])].flatMap((dependent) => entries.get(dependent) ?? []),
    kindOf: (apiVersion, kind) => kindsByName.get(`${apiVersion}/${kind}`),
    update(kind, current, previous) {
      kindsByName.set(`${kinds.apiVersionOf(kind)}/${kind.kind}`, kind);
      const touched = new Set<string>();
      if (previous) forget(previous, current, touched);
      if (current) remember(kind, current, touched);
      return [...touched];
    },
  };
}
