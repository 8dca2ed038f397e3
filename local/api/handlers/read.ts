/** GET of one object, LIST, and WATCH. */
import type { ApiObject } from '../core/objects.ts';
import { badRequest, expired, tooLargeResourceVersion } from '../core/status-error.ts';
import { parseFieldSelector } from '../requests/field-selector.ts';
import { parseLabelSelector, SelectorSyntaxError } from '../requests/label-selector.ts';
import { type ListOptions, parseListOptions, parseRevision } from '../requests/options.ts';
import { present, type Resource } from '../resources/resource.ts';
import { watchStart } from '../watch/initial-state.ts';
import { runWatch } from '../watch/watch-stream.ts';
import { readObject } from '../writes/update.ts';
import { decodeContinue, encodeContinue } from './continue-token.ts';
import { bookmarkText, type ListMeta, listText, singleText, watchEncoders } from './encoding.ts';
import {
  type ApiContext,
  type Handler,
  includeOf,
  type ResourceRequest,
  renderingOf,
  representationOf,
} from './request.ts';

export const handleGet: Handler = (context, request) => {
  const { path, resource, query } = request;
  const asked = query.get('resourceVersion');
  if (asked) checkReached(context, parseRevision(asked));
  const object = readObject(context, resource, { namespace: path.namespace, name: path.name ?? '' });
  return { code: 200, body: singleText(resource, object, renderingOf(context, request)) };
};

/** LIST, or WATCH when the query says so. A name in the path selects that one object. */
export const handleList: Handler = (context, request) => {
  const options = parseListOptions(request.query);
  const selection = selectionOf(request, options);
  if (options.watch) return handleWatch(context, request, options, selection);
  const { objects, metadata } = readPage(context, request.resource, selection, options);
  return { code: 200, body: listText(request.resource, objects, metadata, renderingOf(context, request)) };
};

export interface Selection {
  /** Of keys. */
  prefix: string;
  /** Absent when everything under the prefix is selected; takes stored objects. */
  matches?(stored: ApiObject): boolean;
}

/** @throws a 400 StatusError for selectors that cannot be read */
export function selectionOf({ path, resource }: ResourceRequest, options: ListOptions): Selection {
  const labels = readLabelSelector(options.labelSelector);
  const fields = parseFieldSelector(options.fieldSelector, resource.selectable);
  const prefix = path.namespace ? `${path.namespace}/` : '';
  const { name } = path;
  if (labels.empty && fields.empty && name === undefined) return { prefix };
  return {
    prefix,
    matches: (stored) =>
      (name === undefined || stored.metadata.name === name) &&
      labels.matches(stored.metadata.labels ?? {}) &&
      (fields.empty || fields.matches(present(resource, stored))),
  };
}

function readLabelSelector(text: string | null) {
  try {
    return parseLabelSelector(text);
  } catch (error) {
    if (error instanceof SelectorSyntaxError) throw badRequest(error.message);
    throw error;
  }
}

function checkReached({ store }: ApiContext, asked: number): void {
  if (asked > store.revision) throw tooLargeResourceVersion(asked, store.revision);
}

interface Page {
  objects: ApiObject[];
  metadata: ListMeta;
}

function readPage(context: ApiContext, resource: Resource, selection: Selection, options: ListOptions): Page {
  const { revision, from, stored } = source(context, resource, selection, options);
  const { limit } = options;
  const { matches } = selection;
  const objects: ApiObject[] = [];
  let next = 0;
  for (; next < stored.length && (limit === 0 || objects.length < limit); next++) {
    const object = stored[next] as ApiObject;
    if (!matches || matches(object)) objects.push(present(resource, object));
  }
  const metadata: ListMeta = { resourceVersion: String(revision) };
  const following = stored[next];
  if (following) {
    metadata.continue = encodeContinue({ revision, from: keyOf(following) });
    if (!matches) metadata.remainingItemCount = stored.length - next;
  }
  return { objects, metadata: { ...metadata, ...(from && !metadata.continue ? { continue: '' } : {}) } };
}

function keyOf({ metadata }: ApiObject): string {
  return metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name;
}

/** The objects a page is cut from, and the version they are of. */
function source(
  context: ApiContext,
  resource: Resource,
  { prefix }: Selection,
  options: ListOptions,
): { revision: number; from?: string; stored: ApiObject[] } {
  const { store } = context;
  const { bucket } = resource;
  if (options.continueToken) {
    const { revision, from } = decodeContinue(options.continueToken);
    const stored = store.listAt(bucket, prefix, revision, from);
    if (stored) return { revision, from, stored };
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    );
  }
  const asked = options.resourceVersion ? parseRevision(options.resourceVersion) : 0;
  checkReached(context, asked);
  if (!isExact(options, asked)) return { revision: store.revision, stored: store.list(bucket, prefix) };
  const stored = store.listAt(bucket, prefix, asked);
  if (!stored) throw expired(`too old resource version: ${asked} (${store.floor(bucket)})`);
  return { revision: asked, stored };
}

/** A version with a limit but without a match rule means exactly that version, for old clients. */
function isExact({ resourceVersionMatch, limit }: ListOptions, asked: number): boolean {
  return resourceVersionMatch === 'Exact' || (asked > 0 && limit > 0 && resourceVersionMatch === '');
}

const DEFAULT_WATCH_SECONDS = 1_800;

async function handleWatch(
  context: ApiContext,
  request: ResourceRequest,
  options: ListOptions,
  selection: Selection,
): Promise<undefined> {
  const { store, hub, now } = context;
  const { resource, response, query } = request;
  const { shape } = representationOf(request);
  const include = includeOf(query);
  const timeout = options.timeoutSeconds || DEFAULT_WATCH_SECONDS * (1 + Math.random());
  await runWatch({
    hub,
    response,
    bucket: resource.bucket,
    prefix: selection.prefix,
    ...(selection.matches ? { matches: selection.matches } : {}),
    encoders: watchEncoders(resource, { shape, include, now }),
    start: watchStart(store, resource.bucket, selection.prefix, options),
    currentRevision: () => store.revision,
    bookmark: {
      enabled: options.allowWatchBookmarks,
      encode: (revision, initialEventsEnd) => bookmarkText(resource, shape, revision, initialEventsEnd),
    },
    timeoutMs: timeout * 1_000,
    stopping: context.stopping,
  });
  return undefined;
}
