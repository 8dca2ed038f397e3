/** PATCH of objects, in the four forms. */
import { type ApiObject, objectKey, timestamp } from '../core/objects.ts';
import { badRequest, conflict, invalid, notFound, unsupportedMediaType } from '../core/status-error.ts';
import { jsonPatch, mergePatch, PatchError, strategicMergePatch } from '../patch/index.ts';
import { decodeBody, parseJson, readBody } from '../requests/body.ts';
import { parseMediaType } from '../requests/negotiation.ts';
import type { WriteOptions } from '../requests/options.ts';
import { present, type Resource } from '../resources/resource.ts';
import { ownershipSchema } from '../resources/schemas.ts';
import { createObject } from '../writes/create.ts';
import { decodeApplied, decodeObject } from '../writes/decode.ts';
import { applyObject } from '../writes/managed-fields.ts';
import { readObject, updateObject } from '../writes/update.ts';
import type { ApiContext, Handler, Reply, ResourceRequest } from './request.ts';
import { reply, writeOptions } from './write.ts';

export type PatchForm = 'json' | 'merge' | 'strategic' | 'apply';

const FORMS: Readonly<Record<string, PatchForm>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

/** @throws a 415 StatusError; custom resources have no strategic form */
export function patchForm(contentType: string | undefined, resource: Resource): PatchForm {
  const form = FORMS[parseMediaType(contentType ?? '').type];
  if (form && !(form === 'strategic' && resource.custom)) return form;
  const accepted = Object.keys(FORMS).filter((type) => !(resource.custom && FORMS[type] === 'strategic'));
  throw unsupportedMediaType(accepted);
}

export const handlePatch: Handler = async (context, request) => {
  const { raw, resource } = request;
  const form = patchForm(raw.headers['content-type'], resource);
  const options = writeOptions(request, form === 'apply' ? 'apply' : 'patch');
  const body = await readBody(raw);
  if (form === 'apply') return handleApply(context, request, body, options);
  const patch = parseJson(body.toString('utf8'));
  const target = { namespace: request.path.namespace, name: request.path.name ?? '' };
  const live = readObject(context, resource, target);
  const patched = decodeObject(resource, applyPatch(resource, form, live, patch), {
    fieldValidation: options.fieldValidation,
    warn: (it) => request.warnings.push(it),
    patched: true,
  });
  const object = updateObject(context, resource, target, patched, {
    ...options,
    subresource: request.path.subresource,
    unconditional: true,
  });
  return reply(context, request, 200, object);
};

/** @throws StatusError when the patch is malformed or does not fit the object */
export function applyPatch(
  resource: Resource,
  form: Exclude<PatchForm, 'apply'>,
  live: object,
  patch: unknown,
): unknown {
  try {
    if (form === 'json') return jsonPatch(live, patch);
    if (form === 'merge') return mergePatch(live, patch);
    return strategicMergePatch(live, patch, ownershipSchema(resource));
  } catch (error) {
    if (error instanceof PatchError) throw patchStatus(resource, live as ApiObject, error);
    throw error;
  }
}

function patchStatus(resource: Resource, live: ApiObject, error: PatchError): Error {
  if (error.status !== 422) return badRequest(error.message);
  // The real server names neither kind nor object here; the sentence is what the client sees.
  const body = error.message;
  return invalid(resource, live.metadata?.name ?? '', [
    { type: 'Invalid', field: 'patch', message: '', body },
  ]);
}

async function handleApply(
  context: ApiContext,
  request: ResourceRequest,
  body: Buffer,
  options: WriteOptions,
): Promise<Reply> {
  const { path, resource } = request;
  const { namespace, name = '', subresource } = path;
  const { value } = decodeBody(body, 'application/apply-patch+yaml');
  const applied = decodeApplied(resource, value, subresource);
  const stored = context.store.get(resource.bucket, objectKey(namespace, name));
  const live = stored && present(resource, stored);
  if (!live) checkCreatable(resource, name, applied, subresource);
  const identified = {
    ...applied,
    metadata: { ...applied.metadata, name, ...(resource.namespaced ? { namespace } : {}) },
  };
  const merged = applyObject(resource, live, identified, {
    manager: options.fieldManager,
    force: options.force,
    now: timestamp(context.now()),
    ...(subresource ? { subresource } : {}),
  });
  if (!live) {
    const object = await createObject(context, resource, namespace, merged, { ...options, managed: true });
    return reply(context, request, 201, object);
  }
  const object = updateObject(context, resource, { namespace, name }, merged, {
    ...options,
    ...(subresource ? { subresource } : {}),
    managed: true,
    unconditional: true,
  });
  return reply(context, request, 200, object);
}

/** An apply makes objects, but not where it names a particular one that is gone. */
function checkCreatable(
  resource: Resource,
  name: string,
  { metadata }: ApiObject,
  subresource: string | undefined,
): void {
  if (subresource) throw notFound(resource, name);
  if (metadata.uid) {
    const why = `uid mismatch: the provided object specified uid ${metadata.uid}, and no existing object was found`;
    throw conflict(resource, name, why);
  }
}
