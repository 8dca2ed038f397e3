/** Which handler answers which method on which resource or subresource. */
import { methodNotAllowed, unknownPath } from '../core/status-error.ts';
import { handleDelete, handleDeleteCollection } from './delete.ts';
import { handlePatch } from './patch.ts';
import { handleBinding } from './pod-binding.ts';
import { handleEviction } from './pod-eviction.ts';
import { handlePodLog } from './pod-log.ts';
import { handleGet, handleList } from './read.ts';
import type { Handler, ResourceRequest } from './request.ts';
import { handleScale } from './scale.ts';
import { handleCreate, handleUpdate } from './write.ts';

type Methods = Readonly<Record<string, Handler>>;

const COLLECTION: Methods = { GET: handleList, POST: handleCreate, DELETE: handleDeleteCollection };
const OBJECT: Methods = { GET: handleGet, PUT: handleUpdate, PATCH: handlePatch, DELETE: handleDelete };
const SUBRESOURCES: Readonly<Record<string, Methods>> = {
  status: { GET: handleGet, PUT: handleUpdate, PATCH: handlePatch },
  finalize: { PUT: handleUpdate },
  scale: { GET: handleScale, PUT: handleScale, PATCH: handleScale },
  log: { GET: handlePodLog },
  binding: { POST: handleBinding },
  eviction: { POST: handleEviction },
};

/** @throws StatusError 404 for an unknown subresource, 405 for a method that is not served */
export function handlerFor({ raw, path, resource, query }: ResourceRequest): Handler {
  const handler = methodsOf(path.subresource, path.name, resource.subresources)[raw.method ?? ''];
  if (!handler) throw methodNotAllowed();
  if (resource.namespaced && !path.namespace && (path.name !== undefined || raw.method !== 'GET')) {
    throw path.name === undefined ? methodNotAllowed() : unknownPath();
  }
  // A watch of one object is a list that selects its name.
  if (handler === handleGet && path.subresource === undefined && isWatch(query)) return handleList;
  return handler;
}

function methodsOf(
  subresource: string | undefined,
  name: string | undefined,
  served: readonly string[],
): Methods {
  if (subresource === undefined) return name === undefined ? COLLECTION : OBJECT;
  if (!served.includes(subresource)) throw unknownPath();
  return SUBRESOURCES[subresource] ?? {};
}

function isWatch(query: URLSearchParams): boolean {
  return query.get('watch') === 'true' || query.get('watch') === '1';
}
