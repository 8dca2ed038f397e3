/** The scale subresource: GET, PUT and PATCH of an autoscaling/v1 Scale. */
import { type ApiObject, isRecord, numberAt, valueAt, withValueAt } from '../core/objects.ts';
import { badRequest, invalid, methodNotAllowed } from '../core/status-error.ts';
import { decodeBody, parseJson, readBody } from '../requests/body.ts';
import type { Resource, ScalePaths } from '../resources/resource.ts';
import { specReplicas } from '../resources/scale.ts';
import { readObject, updateObject } from '../writes/update.ts';
import { applyPatch, patchForm } from './patch.ts';
import type { ApiContext, Handler, ResourceRequest } from './request.ts';
import { writeOptions } from './write.ts';

const SCALE = { group: 'autoscaling', kind: 'Scale' };
const MAX_REPLICAS = 2 ** 31 - 1;

export const handleScale: Handler = async (context, request) => {
  const { raw, resource, path } = request;
  const { scale } = resource;
  if (!scale) throw methodNotAllowed();
  const target = { namespace: path.namespace, name: path.name ?? '' };
  const read = () => readObject(context, resource, target);
  if (raw.method === 'GET') return { code: 200, body: JSON.stringify(toScale(read(), scale)) };

  const body = await readBody(raw);
  const verb = raw.method === 'PUT' ? 'update' : 'patch';
  const options = writeOptions(request, isApply(request) ? 'apply' : verb);
  const wanted =
    raw.method === 'PUT'
      ? decodeBody(body, raw.headers['content-type']).value
      : patched(request, body, toScale(read(), scale));
  const updated = writeScale(context, resource, read(), wanted, { ...options, target });
  return { code: 200, body: JSON.stringify(toScale(updated, scale)) };
};

function isApply({ raw }: ResourceRequest): boolean {
  return raw.method === 'PATCH' && (raw.headers['content-type'] ?? '').startsWith('application/apply-patch');
}

/** A Scale has one field to own, so that an apply does what a merge does. */
function patched({ raw, resource }: ResourceRequest, body: Buffer, live: object): unknown {
  const form = patchForm(raw.headers['content-type'], resource);
  if (form === 'apply')
    return applyPatch(resource, 'merge', live, decodeBody(body, raw.headers['content-type']).value);
  return applyPatch(resource, form === 'strategic' ? 'merge' : form, live, parseJson(body.toString('utf8')));
}

function writeScale(
  context: ApiContext,
  resource: Resource,
  live: ApiObject,
  wanted: unknown,
  options: { dryRun: boolean; fieldManager: string; target: { namespace: string | undefined; name: string } },
): ApiObject {
  if (!isRecord(wanted) || !isRecord(wanted.metadata))
    throw badRequest('Scale must be an object with metadata');
  const { scale } = resource as { scale: ScalePaths };
  const replicas = numberAt(wanted, 'spec', 'replicas') ?? 0;
  const { name, uid, resourceVersion } = wanted.metadata as Record<string, string | undefined>;
  if (name && name !== options.target.name) {
    throw badRequest(
      `the name of the object (${name}) does not match the name on the URL (${options.target.name})`,
    );
  }
  if (!Number.isInteger(replicas) || replicas < 0 || replicas > MAX_REPLICAS) {
    const message = 'must be greater than or equal to 0';
    throw invalid(SCALE, options.target.name, [
      { type: 'Invalid', field: 'spec.replicas', value: replicas, message },
    ]);
  }
  const next = withValueAt(live, scale.specReplicas, replicas);
  const versioned = {
    ...next,
    metadata: { ...next.metadata, resourceVersion, ...(uid ? { uid } : {}) } as ApiObject['metadata'],
  };
  return updateObject(context, resource, options.target, versioned, {
    dryRun: options.dryRun,
    fieldManager: options.fieldManager,
    managedAs: 'scale',
    unconditional: true,
  });
}

function toScale(object: ApiObject, scale: ScalePaths): object {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = scale.selector(object);
  const replicas = specReplicas(object, scale);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    // The real server leaves out a zero, which JSON patches see.
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: Number(valueAt(object, scale.statusReplicas) ?? 0),
      ...(selector ? { selector } : {}),
    },
  };
}
