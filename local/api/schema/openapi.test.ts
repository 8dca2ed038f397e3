import { describe, expect, it } from 'vitest';
import { builtinSchema, type JSONSchema, openApiV3, type ServedKind } from './index.ts';

interface Document {
  paths: Record<string, Record<string, { parameters: { name: string }[]; [key: string]: unknown }>>;
  components: { schemas: Record<string, JSONSchema & { properties?: Record<string, JSONSchema> }> };
}

function served(
  group: string,
  version: string,
  kind: string,
  plural: string,
  schema: JSONSchema,
): ServedKind {
  return { group, version, kind, plural, namespaced: true, schema, subresources: ['status'] };
}

const deployments = served(
  'apps',
  'v1',
  'Deployment',
  'deployments',
  builtinSchema('apps', 'v1', 'Deployment') as JSONSchema,
);
const document = openApiV3('apps/v1', [deployments]) as Document;
const { schemas } = document.components;

describe('openApiV3', () => {
  it('lists paths with the kind and the parameters that kubectl looks for', () => {
    expect(Object.keys(document.paths)).toEqual([
      '/apis/apps/v1/namespaces/{namespace}/deployments',
      '/apis/apps/v1/namespaces/{namespace}/deployments/{name}',
      '/apis/apps/v1/namespaces/{namespace}/deployments/{name}/status',
    ]);
    const patch = document.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']?.patch;
    expect(patch?.['x-kubernetes-group-version-kind']).toEqual({
      group: 'apps',
      version: 'v1',
      kind: 'Deployment',
    });
    expect(patch?.parameters.map(({ name }) => name)).toEqual(['dryRun', 'fieldManager', 'fieldValidation']);
  });

  it('describes built-in kinds, with what is required and how lists merge', () => {
    const deployment = schemas['apps.v1.Deployment'];
    expect(deployment?.['x-kubernetes-group-version-kind']).toEqual([
      { group: 'apps', version: 'v1', kind: 'Deployment' },
    ]);
    expect(deployment?.description).toContain('Deployment enables declarative updates');
    expect(schemas['io.k8s.api.v1.DeploymentSpec']?.required).toEqual(['selector', 'template']);
    const containers = schemas['io.k8s.api.v1.PodSpec']?.properties?.containers;
    expect(containers).toMatchObject({ 'x-kubernetes-list-map-keys': ['name'], type: 'array' });
    expect(containers?.description).toContain('List of containers belonging to the pod');
  });

  it('has every schema that it refers to', () => {
    const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name]) => name,
    );
    expect(references.length).toBeGreaterThan(100);
    expect(references.filter((name) => schemas[name ?? ''] === undefined)).toEqual([]);
  });

  it('gives custom kinds their metadata', () => {
    const schema: JSONSchema = {
      type: 'object',
      properties: { metadata: { type: 'object' }, spec: { type: 'object', description: 'What.' } },
    };
    const custom = openApiV3('x.dev/v1', [served('x.dev', 'v1', 'Thing', 'things', schema)]) as Document;
    const thing = custom.components.schemas['dev.x.v1.Thing'];
    expect(Object.keys(thing?.properties ?? {}).sort()).toEqual(['apiVersion', 'kind', 'metadata', 'spec']);
    expect(JSON.stringify(thing?.properties?.metadata)).toContain('ObjectMeta');
    expect(
      custom.components.schemas['io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta']?.properties?.labels,
    ).toBeDefined();
  });
});
