/** DELETE of one object and of collections. */
import { type ApiObject, isRecord, objectKey } from '../core/objects.ts';
import { badRequest, invalid, notFound } from '../core/status-error.ts';
import { decodeBody, readBody } from '../requests/body.ts';
import { dryRunErrors, parseListOptions } from '../requests/options.ts';
import { present, type Resource } from '../resources/resource.ts';
import { type DeleteOptions, type Deletion, deleteObject, policyOf } from '../writes/delete.ts';
import { listText } from './encoding.ts';
import { selectionOf } from './read.ts';
import { type Handler, type ResourceRequest, renderingOf } from './request.ts';
import { reply } from './write.ts';

export const handleDelete: Handler = async (context, request) => {
  const { path, resource } = request;
  const options = await readDeleteOptions(request);
  const stored = context.store.get(resource.bucket, objectKey(path.namespace, path.name ?? ''));
  if (!stored) throw notFound(resource, path.name ?? '');
  const deletion = deleteObject(context, resource, stored, options);
  if (deletion.gone && !resource.strategy.returnsDeletedObject) {
    return { code: 200, body: JSON.stringify(successStatus(resource, deletion)) };
  }
  return reply(context, request, 200, present(resource, deletion.object));
};

export const handleDeleteCollection: Handler = async (context, request) => {
  const { resource } = request;
  const options = await readDeleteOptions(request);
  const selection = selectionOf(request, parseListOptions(request.query));
  const stored = context.store
    .list(resource.bucket, selection.prefix)
    .filter((object) => selection.matches?.(object) ?? true);
  const objects: ApiObject[] = [];
  for (const object of stored) {
    objects.push(present(resource, deleteObject(context, resource, object, options).object));
  }
  const metadata = { resourceVersion: String(context.store.revision) };
  return { code: 200, body: listText(resource, objects, metadata, renderingOf(context, request)) };
};

function successStatus(resource: Resource, { object }: Deletion): object {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: object.metadata.name,
      ...(resource.group ? { group: resource.group } : {}),
      kind: resource.plural,
      uid: object.metadata.uid,
    },
  };
}

/** Options come in the body or, without one, in the query. @throws StatusError 400/422 */
export async function readDeleteOptions({ raw, query }: ResourceRequest): Promise<DeleteOptions> {
  const body = await readBody(raw);
  const given = body.length > 0 ? decodeBody(body, raw.headers['content-type']).value : fromQuery(query);
  if (!isRecord(given)) throw badRequest('DeleteOptions must be an object');
  return toDeleteOptions({ ...given, ...(query.has('dryRun') ? { dryRun: query.getAll('dryRun') } : {}) });
}

function fromQuery(query: URLSearchParams): Record<string, unknown> {
  const grace = query.get('gracePeriodSeconds');
  const orphan = query.get('orphanDependents');
  return {
    ...(grace === null ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(query.has('propagationPolicy') ? { propagationPolicy: query.get('propagationPolicy') } : {}),
    ...(orphan === null ? {} : { orphanDependents: orphan === 'true' }),
  };
}

export function toDeleteOptions(given: Record<string, unknown>): DeleteOptions {
  const dryRun = Array.isArray(given.dryRun) ? given.dryRun.map(String) : [];
  const errors = dryRunErrors(dryRun);
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
  const grace = given.gracePeriodSeconds ?? undefined;
  if (grace !== undefined && !Number.isSafeInteger(grace))
    throw badRequest('gracePeriodSeconds must be an integer');
  const preconditions = isRecord(given.preconditions) ? given.preconditions : {};
  const policy = policyOf(given);
  return {
    dryRun: dryRun.length > 0,
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace as number }),
    ...(policy ? { propagationPolicy: policy } : {}),
    preconditions: {
      ...(typeof preconditions.uid === 'string' ? { uid: preconditions.uid } : {}),
      ...(typeof preconditions.resourceVersion === 'string'
        ? { resourceVersion: preconditions.resourceVersion }
        : {}),
    },
  };
}
