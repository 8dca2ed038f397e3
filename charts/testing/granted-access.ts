/** What rendered roles and bindings grant, in the form of expected-access. */
import type { Access } from './expected-access.ts';
import type { Manifest } from './render.ts';

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}

interface Binding extends Manifest {
  roleRef: { kind: string; name: string };
  subjects: { kind: string; name: string; namespace?: string }[];
}

const isBinding = ({ kind }: Manifest) => kind === 'ClusterRoleBinding' || kind === 'RoleBinding';

/** Everything that any subject is granted, by `Kind namespace/name` of the subject. */
export function grantedAccess(manifests: Manifest[]): Record<string, Access[]> {
  const granted: Record<string, Access[]> = {};
  for (const binding of manifests.filter(isBinding) as Binding[]) {
    const role = roleOf(binding, manifests);
    const where = binding.kind === 'ClusterRoleBinding' ? 'cluster' : 'namespace';
    for (const { kind, namespace, name } of binding.subjects) {
      const subject = `${kind} ${namespace}/${name}`;
      granted[subject] = [...(granted[subject] ?? []), ...accessOf(role, where)];
    }
  }
  return granted;
}

/** Roles that no binding of the chart refers to. */
export function unboundRoles(manifests: Manifest[]): Manifest[] {
  const bound = (manifests.filter(isBinding) as Binding[]).map((binding) => roleOf(binding, manifests));
  return manifests.filter((item) => ['ClusterRole', 'Role'].includes(item.kind) && !bound.includes(item));
}

/** One entry per verb, sorted, so that two lists can be compared whatever way they are grouped. */
export function singly(list: Access[]): string[] {
  return list
    .flatMap(({ where, group, resource, name = '*', verbs }) =>
      verbs.split(' ').map((verb) => `${where} ${resource}.${group} ${name} ${verb}`),
    )
    .sort();
}

function roleOf({ roleRef, metadata }: Binding, manifests: Manifest[]): Manifest {
  const role = manifests.find(({ kind, metadata: { name, namespace } }) => {
    const isSameSpace = kind === 'ClusterRole' || namespace === metadata.namespace;
    return kind === roleRef.kind && name === roleRef.name && isSameSpace;
  });
  if (!role) throw new Error(`${metadata.name} binds ${roleRef.name}, which the chart does not make`);
  return role;
}

function accessOf(role: Manifest, where: Access['where']): Access[] {
  return (role.rules as Rule[]).flatMap(({ apiGroups, resources, verbs, resourceNames }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        (resourceNames ?? [undefined]).map((name) => ({
          where,
          group,
          resource,
          ...(name !== undefined && { name }),
          verbs: verbs.join(' '),
        })),
      ),
    ),
  );
}
