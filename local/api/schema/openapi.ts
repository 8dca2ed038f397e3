/** Documents for /openapi/v3: what `kubectl explain` and clients' own checks read. */
import type { JsonObject } from './json.ts';
import { Definitions } from './openapi-definitions.ts';
import type { JSONSchema } from './types.ts';

/** A kind as it is served. */
export interface ServedKind {
  group: string;
  version: string;
  kind: string;
  plural: string;
  namespaced: boolean;
  schema: JSONSchema;
  verbs?: readonly string[];
  subresources?: readonly string[];
}

/** The document of one group and version, such as `apps/v1`; `v1` for the core group. */
export function openApiV3(groupVersion: string, kinds: readonly ServedKind[]): object {
  const definitions = new Definitions();
  const paths: Record<string, JsonObject> = {};
  for (const kind of kinds) {
    const reference = definitions.kind(kind);
    Object.assign(paths, pathsOf(groupVersion, kind, reference));
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.35.0' },
    paths,
    components: { schemas: definitions.schemas() },
  };
}

const METHODS: Record<string, [string, string]> = {
  list: ['get', 'list'],
  get: ['get', 'get'],
  create: ['post', 'post'],
  update: ['put', 'put'],
  patch: ['patch', 'patch'],
  delete: ['delete', 'delete'],
  deletecollection: ['delete', 'deletecollection'],
};
const COLLECTION = ['list', 'create', 'deletecollection'];
const ITEM = ['get', 'update', 'patch', 'delete'];
const ALL_VERBS = Object.keys(METHODS);

function pathsOf(groupVersion: string, kind: ServedKind, reference: string): Record<string, JsonObject> {
  const root = groupVersion.includes('/') ? `/apis/${groupVersion}` : `/api/${groupVersion}`;
  const base = kind.namespaced ? `${root}/namespaces/{namespace}/${kind.plural}` : `${root}/${kind.plural}`;
  const verbs = kind.verbs ?? ALL_VERBS;
  const some = (allowed: readonly string[]) => allowed.filter((verb) => verbs.includes(verb));
  const out: Record<string, JsonObject> = {
    [base]: operations(kind, reference, some(COLLECTION)),
    [`${base}/{name}`]: operations(kind, reference, some(ITEM)),
  };
  for (const subresource of kind.subresources ?? []) {
    out[`${base}/{name}/${subresource}`] = operations(kind, reference, ['get', 'update', 'patch']);
  }
  return out;
}

function operations(kind: ServedKind, reference: string, verbs: readonly string[]): JsonObject {
  const { group, version } = kind;
  const content = { 'application/json': { schema: { $ref: reference } } };
  const out: JsonObject = {};
  for (const verb of verbs) {
    const [method, action] = METHODS[verb] ?? ['get', 'get'];
    const writes = ['post', 'put', 'patch'].includes(method);
    out[method] = {
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': { group, version, kind: kind.kind },
      parameters: writes ? writeParameters() : [],
      ...(writes ? { requestBody: { content: method === 'patch' ? patchContent() : content } } : {}),
      responses: { 200: { description: 'OK', content } },
    } as unknown as JsonObject;
  }
  return out;
}

/** kubectl looks for these before it sends them. */
function writeParameters(): JsonObject[] {
  return ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string', uniqueItems: true },
  }));
}

function patchContent(): JsonObject {
  const types = ['apply-patch+yaml', 'json-patch+json', 'merge-patch+json', 'strategic-merge-patch+json'];
  return Object.fromEntries(types.map((type) => [`application/${type}`, { schema: { type: 'object' } }]));
}
