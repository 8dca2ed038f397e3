import { describe, expect, it } from 'vitest';
import { builtinSchema, type JSONSchema } from '../index.ts';

function at(schema: JSONSchema | undefined, ...path: string[]): JSONSchema | undefined {
  let found = schema;
  for (const step of path) {
    const items = Array.isArray(found?.items) ? found.items[0] : found?.items;
    found = step === '[]' ? items : found?.properties?.[step];
  }
  return found;
}

const kinds: [string, string, string[]][] = [
  [
    '',
    'v1',
    [
      'Namespace',
      'Node',
      'Pod',
      'Service',
      'Endpoints',
      'ConfigMap',
      'Secret',
      'ServiceAccount',
      'Event',
      'PersistentVolumeClaim',
    ],
  ],
  ['apps', 'v1', ['Deployment', 'ReplicaSet']],
  ['autoscaling', 'v1', ['Scale']],
  ['coordination.k8s.io', 'v1', ['Lease']],
  ['events.k8s.io', 'v1', ['Event']],
  ['discovery.k8s.io', 'v1', ['EndpointSlice']],
  ['apiextensions.k8s.io', 'v1', ['CustomResourceDefinition']],
  ['rbac.authorization.k8s.io', 'v1', ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']],
  ['networking.k8s.io', 'v1', ['NetworkPolicy']],
  ['policy', 'v1', ['PodDisruptionBudget']],
];

/** Every schema below one, each once. */
function* all(schema: JSONSchema, seen = new Set<JSONSchema>()): Generator<JSONSchema> {
  if (seen.has(schema)) return;
  seen.add(schema);
  yield schema;
  const additional = typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : [];
  const items = schema.items && !Array.isArray(schema.items) ? [schema.items] : [];
  for (const child of [...Object.values(schema.properties ?? {}), ...additional, ...items])
    yield* all(child, seen);
}

describe('builtinSchema', () => {
  it.each(kinds.flatMap(([group, version, names]) => names.map((kind) => [group, version, kind])))(
    'knows %s/%s %s down to every leaf',
    (group = '', version = '', kind = '') => {
      const schema = builtinSchema(group, version, kind) as JSONSchema;
      expect(schema['x-kubernetes-group-version-kind']).toEqual([{ group, version, kind }]);
      for (const each of all(schema)) {
        const free = each['x-kubernetes-int-or-string'] || each['x-kubernetes-preserve-unknown-fields'];
        expect(each.type !== undefined || free).toBe(true);
        const keys = each['x-kubernetes-list-map-keys'] ?? [];
        for (const key of keys) expect(at(each, '[]', key)).toBeDefined();
      }
    },
  );

  it('gives the same schema for a kind each time, and none for others', () => {
    expect(builtinSchema('', 'v1', 'Pod')).toBe(builtinSchema('', 'v1', 'Pod'));
    expect(builtinSchema('', 'v2', 'Pod')).toBeUndefined();
    expect(builtinSchema('x.dev', 'v1', 'Pod')).toBeUndefined();
  });

  it('marks how lists and maps are owned and merged', () => {
    const pod = builtinSchema('', 'v1', 'Pod');
    expect(at(pod, 'spec', 'containers')).toMatchObject({
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'name',
    });
    expect(at(pod, 'spec', 'volumes')?.['x-kubernetes-patch-strategy']).toBe('merge,retainKeys');
    expect(at(pod, 'spec', 'containers', '[]', 'ports')?.['x-kubernetes-list-map-keys']).toEqual([
      'containerPort',
      'protocol',
    ]);
    expect(at(pod, 'spec', 'nodeSelector')?.['x-kubernetes-map-type']).toBe('atomic');
    expect(at(pod, 'metadata', 'finalizers')?.['x-kubernetes-list-type']).toBe('set');
    expect(at(builtinSchema('apps', 'v1', 'Deployment'), 'spec', 'selector')?.['x-kubernetes-map-type']).toBe(
      'atomic',
    );
  });

  it('tells quantities, bytes and ports by number or name from strings', () => {
    const container = at(builtinSchema('', 'v1', 'Pod'), 'spec', 'containers', '[]');
    expect(at(container, 'resources', 'limits')?.additionalProperties).toMatchObject({ format: 'quantity' });
    expect(at(container, 'readinessProbe', 'httpGet', 'port')).toMatchObject({
      'x-kubernetes-int-or-string': true,
    });
    expect(builtinSchema('', 'v1', 'Secret')?.properties?.data?.additionalProperties).toMatchObject({
      format: 'byte',
    });
  });
});
