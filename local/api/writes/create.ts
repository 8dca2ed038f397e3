import { randomUUID } from 'node:crypto';
import { type ApiObject, objectKey, timestamp, without } from '../core/objects.ts';
import { alreadyExists, badRequest, unclassified } from '../core/status-error.ts';
import { present, type Resource } from '../resources/resource.ts';
import type { WriteContext } from './context.ts';
import { trackWrite } from './managed-fields.ts';
import { admitToNamespace } from './namespace-admission.ts';
import { compactMetadata, generateName, throwIfInvalid } from './prepare.ts';

export interface CreateOptions {
  dryRun: boolean;
  fieldManager: string;
  /** The object carries its managed fields already, as after an apply. */
  managed?: boolean;
  subresource?: string;
}

/**
 * Creates a decoded object; answers with it as stored, in the version of the resource.
 * @throws StatusError
 */
export async function createObject(
  context: WriteContext,
  resource: Resource,
  namespace: string | undefined,
  decoded: ApiObject,
  options: CreateOptions,
): Promise<ApiObject> {
  const named = withIdentity(context, resource, namespace, decoded);
  admitToNamespace(context.store, resource, named);
  await resource.strategy.admitCreate?.(named, context);
  return insert(context, resource, named, options);
}

/** The same for callers that must not wait: the resource's own admission is left out. */
export function createNow(
  context: WriteContext,
  resource: Resource,
  namespace: string | undefined,
  decoded: ApiObject,
  options: CreateOptions,
): ApiObject {
  const named = withIdentity(context, resource, namespace, decoded);
  admitToNamespace(context.store, resource, named);
  return insert(context, resource, named, options);
}

function insert(
  context: WriteContext,
  resource: Resource,
  named: ApiObject,
  options: CreateOptions,
): ApiObject {
  const { store } = context;
  const { strategy } = resource;
  const { name } = named.metadata;
  const defaulted = strategy.defaults(withoutStatus(resource, named));
  const prepared = strategy.prepareCreate?.(defaulted, context) ?? defaulted;
  const compact = compactMetadata(prepared);
  throwIfInvalid(resource, name, strategy.validate(compact, undefined, undefined));
  const object = options.managed
    ? compact
    : trackWrite(resource, undefined, compact, {
        manager: options.fieldManager,
        now: timestamp(context.now()),
        subresource: options.subresource,
      });
  const key = objectKey(object.metadata.namespace, name);
  if (store.get(resource.bucket, key)) throw alreadyExists(resource, name);
  if (options.dryRun) return object;
  const stored = store.put(resource.bucket, key, resource.convert?.toStorage(object) ?? object);
  return present(resource, stored);
}

/** Name, namespace, uid and birth; what only the server decides is not taken over. */
function withIdentity(
  context: WriteContext,
  resource: Resource,
  namespace: string | undefined,
  decoded: ApiObject,
): ApiObject {
  const given = decoded.metadata;
  checkNamespace(resource, namespace, given.namespace);
  if (given.resourceVersion && given.resourceVersion !== '0') {
    throw unclassified('resourceVersion should not be set on objects to be created');
  }
  const name =
    given.name || (given.generateName ? freeName(context, resource, namespace, given.generateName) : '');
  const metadata = {
    ...without(
      given,
      'resourceVersion',
      'generation',
      'deletionTimestamp',
      'deletionGracePeriodSeconds',
      'selfLink',
      'namespace',
    ),
    name,
    ...(resource.namespaced ? { namespace } : {}),
    uid: randomUUID(),
    creationTimestamp: timestamp(context.now()),
    ...(resource.strategy.hasGeneration ? { generation: 1 } : {}),
  };
  return { ...decoded, metadata };
}

/** The real server tries again when a generated name is taken. */
function freeName(
  { store }: WriteContext,
  resource: Resource,
  namespace: string | undefined,
  base: string,
): string {
  const scope = resource.namespaced ? namespace : undefined;
  for (let attempt = 0; attempt < 8; attempt++) {
    const name = generateName(base);
    if (!store.get(resource.bucket, objectKey(scope, name))) return name;
  }
  throw alreadyExists(resource, base);
}

export function checkNamespace(
  resource: Resource,
  requested: string | undefined,
  given: string | undefined,
): void {
  if (!resource.namespaced || !given || given === requested) return;
  throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

function withoutStatus(resource: Resource, object: ApiObject): ApiObject {
  const drops = resource.subresources.includes('status') && !resource.strategy.keepsStatusOnCreate;
  return drops ? without(object, 'status') : object;
}
