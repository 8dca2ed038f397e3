/** OpenAPI v3 documents, one per group-version, made when they are asked for. */
import { createHash } from 'node:crypto';
import { recordAt } from '../core/objects.ts';
import { groupVersions, type ResourceRegistry } from '../resources/registry.ts';
import type { Resource } from '../resources/resource.ts';
import { openApiV3 } from '../schema/index.ts';

export interface OpenApiDocuments {
  /** What GET /openapi/v3 answers. */
  index(): string;
  /** By `api/v1` or `apis/GROUP/VERSION`; undefined when that is not served. */
  document(path: string): OpenApiDocument | undefined;
}

export interface OpenApiDocument {
  body: string;
  hash: string;
}

export function createOpenApiDocuments(registry: ResourceRegistry): OpenApiDocuments {
  let documents = new Map<string, OpenApiDocument>();
  let generation = -1;
  // Resources are never changed in place, so equal lists of them have equal documents.
  let members = new Map<string, Resource[]>();

  const refresh = () => {
    if (generation === registry.generation) return;
    generation = registry.generation;
    const before = members;
    members = new Map([...groupVersions(registry.all())].map(([key, list]) => [pathOf(key), list]));
    documents = new Map([...documents].filter(([path]) => sameMembers(before.get(path), members.get(path))));
  };
  const document = (path: string): OpenApiDocument | undefined => {
    refresh();
    const resources = members.get(path);
    if (!resources) return undefined;
    let made = documents.get(path);
    if (!made) {
      made = makeDocument(path, resources);
      documents.set(path, made);
    }
    return made;
  };

  return {
    document,
    index() {
      refresh();
      const paths: Record<string, { serverRelativeURL: string }> = {};
      for (const path of members.keys()) {
        paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${document(path)?.hash}` };
      }
      return JSON.stringify({ paths });
    },
  };
}

function pathOf(groupVersion: string): string {
  return groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`;
}

function sameMembers(before: Resource[] | undefined, after: Resource[] | undefined): boolean {
  return before?.length === after?.length && (before ?? []).every((resource, i) => resource === after?.[i]);
}

function makeDocument(path: string, resources: Resource[]): OpenApiDocument {
  const groupVersion = path.replace(/^apis?\//, '');
  const kinds = resources.map((resource) => ({
    group: resource.group,
    version: resource.version,
    verbs: resource.verbs,
    kind: resource.kind,
    plural: resource.plural,
    namespaced: resource.namespaced,
    subresources: [...resource.subresources],
    schema: resource.schema() ?? { type: 'object' },
  }));
  const document = openApiV3(groupVersion, kinds);
  if (resources.every(({ custom }) => custom)) withoutStrategicPatch(document);
  const body = JSON.stringify(document);
  return { body, hash: createHash('sha256').update(body).digest('hex').toUpperCase() };
}

/** kubectl sends the form of patch that the document offers, and custom resources know no strategic one. */
function withoutStrategicPatch(document: object): void {
  for (const operations of Object.values(recordAt(document, 'paths') ?? {})) {
    const content = recordAt(operations, 'patch', 'requestBody', 'content');
    if (content) delete content['application/strategic-merge-patch+json'];
  }
}
