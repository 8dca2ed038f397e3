// TEMPORARY bridge until schema/index.ts exists.
import type { FieldError, JSONSchema, KubeObject } from '../schema/types.ts';

export { builtinSchema } from '../schema/builtin/index.ts';
export { withDefaults } from '../schema/defaults.ts';
export { prune } from '../schema/prune.ts';
export { validate } from '../schema/validate/index.ts';
export type { FieldError, JSONSchema, KubeObject };
export function defaultBuiltin(_group: string, _kind: string, object: KubeObject): KubeObject {
  return object;
}
export function validateBuiltin(
  _group: string,
  _kind: string,
  _object: KubeObject,
  _old?: KubeObject,
): FieldError[] {
  return [];
}
export function compileDefinition(crd: KubeObject): {
  errors: FieldError[];
  versions: Map<string, { schema: JSONSchema }>;
} {
  const versions = new Map<string, { schema: JSONSchema }>();
  for (const v of (crd as any).spec?.versions ?? [])
    versions.set(v.name, { schema: v.schema?.openAPIV3Schema });
  return { errors: [], versions };
}
export function openApiV3(gv: string, kinds: any[]): object {
  const [g, v] = gv.includes('/') ? gv.split('/') : ['', gv];
  const paths: any = {};
  const schemas: any = {};
  for (const k of kinds) {
    const gvk = { group: g, version: v, kind: k.kind };
    const root = g ? `/apis/${gv}` : `/api/${gv}`;
    const op = {
      parameters: ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({
        name,
        in: 'query',
        schema: { type: 'string' },
      })),
      'x-kubernetes-group-version-kind': gvk,
      responses: {},
    };
    paths[`${root}${k.namespaced ? '/namespaces/{namespace}' : ''}/${k.plural}/{name}`] = {
      get: op,
      patch: op,
    };
    schemas[`x.${k.kind}`] = { ...k.schema, 'x-kubernetes-group-version-kind': [gvk] };
  }
  return { openapi: '3.0.0', info: { title: 'Kubernetes', version: 'x' }, paths, components: { schemas } };
}
