/** JSON texts of stored objects, each made once. */
import type { ApiObject } from '../core/objects.ts';
import type { Shape } from '../requests/negotiation.ts';
import { apiVersionOf, present, type Resource } from '../resources/resource.ts';
import { type IncludeObject, partialMetadata, tableHead, tableRow } from '../tables/table.ts';
import type { WatchEncoder } from '../watch/watch-hub.ts';

const texts = new WeakMap<ApiObject, string>();
const itemTexts = new WeakMap<ApiObject, string>();

/** The text of an object; only for objects that nobody changes afterwards. */
export function objectText(object: ApiObject): string {
  let text = texts.get(object);
  if (text === undefined) {
    text = JSON.stringify(object);
    texts.set(object, text);
  }
  return text;
}

/** The text of an object in a list; items of built-in lists leave out what the list says already. */
function itemText(resource: Resource, object: ApiObject): string {
  if (resource.custom) return objectText(object);
  let text = itemTexts.get(object);
  if (text === undefined) {
    const { apiVersion: _, kind: __, ...rest } = object;
    text = JSON.stringify(rest);
    itemTexts.set(object, text);
  }
  return text;
}

export interface ListMeta {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

export interface Rendering {
  shape: Shape;
  include: IncludeObject;
  now: Date;
}

/** A list of objects, in the version of the resource, as text. */
export function listText(
  resource: Resource,
  objects: readonly ApiObject[],
  metadata: ListMeta,
  { shape, include, now }: Rendering,
): string {
  if (shape === 'table') {
    const rows = objects.map((object) => tableRow(resource.columns, object, include, now));
    return JSON.stringify({ ...tableHead(resource.columns), metadata, rows });
  }
  if (shape === 'metadata') {
    const items = objects.map(partialMetadata);
    return JSON.stringify({
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata,
      items,
    });
  }
  const head = JSON.stringify({ kind: resource.listKind, apiVersion: apiVersionOf(resource), metadata });
  return `${head.slice(0, -1)},"items":[${objects.map((it) => itemText(resource, it)).join(',')}]}`;
}

/** One object, in the version of the resource, as text. */
export function singleText(
  resource: Resource,
  object: ApiObject,
  { shape, include, now }: Rendering,
): string {
  if (shape === 'object') return objectText(object);
  if (shape === 'metadata') return JSON.stringify(partialMetadata(object));
  const metadata = { resourceVersion: object.metadata.resourceVersion };
  const rows = [tableRow(resource.columns, object, include, now)];
  return JSON.stringify({ ...tableHead(resource.columns), metadata, rows });
}

export interface WatchRendering {
  shape: Shape;
  include: IncludeObject;
  now(): Date;
}

/** How a watch writes its first line and the others: tables name their columns only once. */
export function watchEncoders(
  resource: Resource,
  rendering: WatchRendering,
): { first: WatchEncoder; rest: WatchEncoder } {
  const version = apiVersionOf(resource);
  const encoder = (key: string, body: (object: ApiObject) => string): WatchEncoder => ({
    key: `${version} ${key}`,
    encode: (type, stored) => `{"type":"${type}","object":${body(present(resource, stored))}}\n`,
  });
  if (rendering.shape === 'object') {
    const only = encoder('object', objectText);
    return { first: only, rest: only };
  }
  if (rendering.shape === 'metadata') {
    const only = encoder('metadata', (object) => JSON.stringify(partialMetadata(object)));
    return { first: only, rest: only };
  }
  const table = (withHead: boolean) => (object: ApiObject) =>
    JSON.stringify(watchTable(resource, object, rendering, withHead));
  return {
    first: encoder(`table ${rendering.include} head`, table(true)),
    rest: encoder(`table ${rendering.include}`, table(false)),
  };
}

function watchTable(
  resource: Resource,
  object: ApiObject,
  rendering: WatchRendering,
  withHead: boolean,
): object {
  const head = tableHead(resource.columns) as { columnDefinitions: unknown };
  return {
    ...head,
    columnDefinitions: withHead ? head.columnDefinitions : null,
    metadata: { resourceVersion: object.metadata.resourceVersion },
    rows: [tableRow(resource.columns, object, rendering.include, rendering.now())],
  };
}

/** A bookmark: an object of the kind that says nothing but a version. */
export function bookmarkText(
  resource: Resource,
  shape: Shape,
  revision: number,
  initialEventsEnd: boolean,
): string {
  const annotations = initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  const metadata = { resourceVersion: String(revision), creationTimestamp: null, ...annotations };
  const object =
    shape === 'table'
      ? { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata, columnDefinitions: null, rows: [] }
      : shape === 'metadata'
        ? { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }
        : { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata };
  return `${JSON.stringify({ type: 'BOOKMARK', object })}\n`;
}
