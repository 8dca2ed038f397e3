/** POST and PUT of objects. */
import { type ApiObject, isRecord, objectKey } from '../core/objects.ts';
import { badRequest, methodNotAllowed } from '../core/status-error.ts';
import { decodeBody, readBody } from '../requests/body.ts';
import { parseWriteOptions, type WriteOptions, type WriteVerb } from '../requests/options.ts';
import { repeatedFields } from '../requests/repeated-fields.ts';
import { createObject } from '../writes/create.ts';
import { decodeObject } from '../writes/decode.ts';
import { updateObject } from '../writes/update.ts';
import { singleText } from './encoding.ts';
import { type ApiContext, type Handler, type Reply, type ResourceRequest, renderingOf } from './request.ts';

export const handleCreate: Handler = async (context, request) => {
  const { path, resource } = request;
  if (path.name !== undefined) throw methodNotAllowed();
  const options = writeOptions(request, 'create');
  const decoded = await decodeRequest(request, options);
  const namespace = namespaceOf(request, decoded);
  const object = await createObject(context, resource, namespace, decoded, options);
  return reply(context, request, 201, object);
};

/** A namespaced object is created in the namespace of the path. */
function namespaceOf({ path, resource }: ResourceRequest, decoded: ApiObject): string | undefined {
  if (!resource.namespaced) {
    if (!decoded.metadata.namespace) return undefined;
    throw badRequest('namespace should not be set on objects that are cluster-scoped');
  }
  if (!path.namespace) throw badRequest('an empty namespace may not be set during creation');
  return path.namespace;
}

export const handleUpdate: Handler = async (context, request) => {
  const { path, resource } = request;
  const options = writeOptions(request, 'update');
  const decoded = await decodeRequest(request, options);
  const target = { namespace: path.namespace, name: path.name ?? '' };
  const key = objectKey(target.namespace, target.name);
  const creates = resource.strategy.allowCreateOnUpdate && path.subresource === undefined;
  if (creates && !context.store.get(resource.bucket, key)) {
    const named = { ...decoded, metadata: { ...decoded.metadata, name: target.name } };
    return reply(
      context,
      request,
      201,
      await createObject(context, resource, path.namespace, named, options),
    );
  }
  const object = updateObject(context, resource, target, decoded, {
    ...options,
    subresource: path.subresource,
  });
  return reply(context, request, 200, object);
};

export function writeOptions({ query, raw }: ResourceRequest, verb: WriteVerb): WriteOptions {
  return parseWriteOptions(query, verb, raw.headers['user-agent'] ?? '');
}

async function decodeRequest(request: ResourceRequest, options: WriteOptions): Promise<ApiObject> {
  const { raw, resource, warnings } = request;
  const { value, text } = decodeBody(await readBody(raw), raw.headers['content-type']);
  if (!isRecord(value))
    throw badRequest(`the object provided is unrecognized (must be of type ${resource.kind})`);
  const { fieldValidation } = options;
  const repeated = text !== undefined && fieldValidation !== 'Ignore' ? repeatedFields(text) : [];
  return decodeObject(resource, value, { fieldValidation, repeated, warn: (it) => warnings.push(it) });
}

export function reply(context: ApiContext, request: ResourceRequest, code: number, object: ApiObject): Reply {
  return { code, body: singleText(request.resource, object, renderingOf(context, request)) };
}
