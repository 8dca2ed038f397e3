/** A generic, typed client of the Kubernetes REST API over raw JSON. */
import type { Scale } from 'kubernetes-types/autoscaling/v1.js';
import { type Clock, systemClock } from './clock.ts';
import type { ApiResource } from './discovery.ts';
import { transportError, transportReasons } from './errors.ts';
import { type KubeConfig, loadKubeConfig } from './kube-config.ts';
import { type CallOptions, type ClientObserver, createRequester, type Requester } from './request.ts';
import {
  apiVersionOf,
  type KubeObject,
  type ObjectRef,
  type ResourceType,
  resourcePath,
} from './resource.ts';
import { createTransport } from './transport.ts';
import { VERSION } from './version.ts';
import { type WatchEvent, type WatchOptions, watchStream } from './watch-stream.ts';

export type { Scale } from 'kubernetes-types/autoscaling/v1.js';
export type { CallOptions, ClientObserver, RequestObservation } from './request.ts';
export type { KubeObject, ObjectRef, ResourceType } from './resource.ts';
export type { WatchEvent, WatchOptions } from './watch-stream.ts';

export interface ListOptions extends CallOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
}

export interface ListResult<T> {
  items: T[];
  resourceVersion: string;
  /** Set when there are more items; pass it to the next call. */
  continue?: string;
}

export interface DeleteOptions extends CallOptions {
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
}

export interface ApplyOptions extends CallOptions {
  fieldManager: string;
  subresource?: 'status';
}

export interface PatchOptions extends CallOptions {
  type: 'merge' | 'json' | 'strategic';
  subresource?: string;
  fieldManager?: string;
}

export interface WriteOptions extends CallOptions {
  subresource?: string;
  fieldManager?: string;
}

/**
 * Each call rejects with a KubeError, and has a deadline (10 s unless said otherwise). Objects from `list`
 * and `watch` carry `apiVersion` and `kind` also where the server leaves them out.
 */
export interface KubeClient {
  get<T extends KubeObject>(type: ResourceType<T>, ref: ObjectRef, options?: CallOptions): Promise<T>;
  /** One page. See `listAll` for all of them. */
  list<T extends KubeObject>(type: ResourceType<T>, options?: ListOptions): Promise<ListResult<T>>;
  /** What a group-version (`v1`, `apps/v1`) consists of; NotFound when it is not served. */
  resources(groupVersion: string, options?: CallOptions): Promise<ApiResource[]>;
  create<T extends KubeObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<T>;
  /** PUT. Fails with Conflict when `metadata.resourceVersion` is set and not current. */
  update<T extends KubeObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<T>;
  delete(type: ResourceType<KubeObject>, ref: ObjectRef, options?: DeleteOptions): Promise<void>;
  /** Server-side apply with force: the object holds what `fieldManager` wants and nothing else. */
  apply<T extends KubeObject>(type: ResourceType<T>, object: T, options: ApplyOptions): Promise<T>;
  patch<T extends KubeObject>(
    type: ResourceType<T>,
    ref: ObjectRef,
    body: unknown,
    options: PatchOptions,
  ): Promise<T>;
  getScale(type: ResourceType<KubeObject>, ref: ObjectRef, options?: CallOptions): Promise<Scale>;
  /** Fails with Conflict when `resourceVersion` is given and not current. */
  setScale(
    type: ResourceType<KubeObject>,
    ref: ObjectRef,
    replicas: number,
    options: CallOptions & { fieldManager: string; resourceVersion?: string },
  ): Promise<Scale>;
  watch<T extends KubeObject>(type: ResourceType<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** Breaks all connections; calls in flight reject, watches fail. */
  close(): Promise<void>;
}

export interface KubeClientOptions {
  /** Of the User-Agent `catnap-COMPONENT/VERSION`. */
  component: string;
  /** Default: {@link loadKubeConfig}. */
  kubeConfig?: KubeConfig;
  /** Per attempt; default 10 s. */
  timeoutMs?: number;
  metrics?: ClientObserver;
  /** Default 256 MiB. */
  maxResponseBytes?: number;
  clock?: Clock;
}

const patchContentTypes = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  /** JSON is YAML. */
  apply: 'application/apply-patch+yaml',
} as const;

/** @throws KubeConfigError or TypeError when there is no usable configuration; connects on first use. */
export function createKubeClient(options: KubeClientOptions): KubeClient {
  const transport = createTransport(options.kubeConfig ?? loadKubeConfig());
  const requester = createRequester({
    transport,
    userAgent: `catnap-${options.component}/${VERSION}`,
    timeoutMs: options.timeoutMs ?? 10_000,
    maxResponseBytes: options.maxResponseBytes ?? 256 * 1024 * 1024,
    clock: options.clock ?? systemClock,
    observer: options.metrics,
  });
  return {
    ...readOperations(requester),
    ...writeOperations(requester),
    ...scaleOperations(requester),
    watch: (type, watchOptions) => watchStream(requester, type, watchOptions),
    close: () => transport.close(),
  };
}

function readOperations(requester: Requester): Pick<KubeClient, 'get' | 'list' | 'resources'> {
  return {
    async get<T extends KubeObject>(type: ResourceType<T>, ref: ObjectRef, options?: CallOptions) {
      const path = resourcePath(type, ref);
      return (await requester.send({ ...limits(options), verb: 'get', method: 'GET', path })) as T;
    },
    async list<T extends KubeObject>(type: ResourceType<T>, options: ListOptions = {}) {
      const { labelSelector, fieldSelector, limit, resourceVersion } = options;
      const query = { labelSelector, fieldSelector, limit, resourceVersion, continue: options.continue };
      const path = resourcePath(type, { namespace: options.namespace });
      const body = await requester.send({ ...limits(options), verb: 'list', method: 'GET', path, query });
      return listResult(type, body);
    },
    async resources(groupVersion, options) {
      const path = `/${groupVersion.includes('/') ? 'apis' : 'api'}/${groupVersion}`;
      const body = await requester.send({ ...limits(options), verb: 'get', method: 'GET', path });
      return (body as { resources?: ApiResource[] } | undefined)?.resources ?? [];
    },
  };
}

function listResult<T extends KubeObject>(type: ResourceType<T>, body: unknown): ListResult<T> {
  const list = body as
    | { items?: T[] | null; metadata?: { resourceVersion?: string; continue?: string } }
    | undefined;
  const resourceVersion = list?.metadata?.resourceVersion;
  if (typeof resourceVersion !== 'string') {
    throw transportError(transportReasons.invalidResponse, `list ${type.plural}: the answer is not a list`);
  }
  const items = list?.items ?? [];
  for (const item of items) {
    item.apiVersion ??= apiVersionOf(type);
    item.kind ??= type.kind;
  }
  return { items, resourceVersion, continue: list?.metadata?.continue || undefined };
}

function writeOperations(
  requester: Requester,
): Pick<KubeClient, 'create' | 'update' | 'delete' | 'apply' | 'patch'> {
  return {
    async create<T extends KubeObject>(type: ResourceType<T>, object: T, options: WriteOptions = {}) {
      const namespace = object.metadata?.namespace;
      if (type.namespaced && !namespace)
        throw new TypeError(`${type.kind}: the object's namespace is missing`);
      const path = options.subresource
        ? resourcePath(type, { ...addressOf(object), subresource: options.subresource })
        : resourcePath(type, { namespace });
      const query = { fieldManager: options.fieldManager };
      const body = typed(type, object);
      return (await requester.send({
        ...limits(options),
        verb: 'create',
        method: 'POST',
        path,
        query,
        body,
      })) as T;
    },
    async update<T extends KubeObject>(type: ResourceType<T>, object: T, options: WriteOptions = {}) {
      const path = resourcePath(type, { ...addressOf(object), subresource: options.subresource });
      const query = { fieldManager: options.fieldManager };
      const body = typed(type, object);
      return (await requester.send({
        ...limits(options),
        verb: 'update',
        method: 'PUT',
        path,
        query,
        body,
      })) as T;
    },
    async delete(type, ref, options = {}) {
      const { propagationPolicy, gracePeriodSeconds, preconditions } = options;
      const body = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy,
        gracePeriodSeconds,
        preconditions,
      };
      const path = resourcePath(type, ref);
      await requester.send({ ...limits(options), verb: 'delete', method: 'DELETE', path, body });
    },
    async apply<T extends KubeObject>(type: ResourceType<T>, object: T, options: ApplyOptions) {
      if (!options.fieldManager) throw new TypeError(`apply ${type.kind}: fieldManager is missing`);
      return (await requester.send({
        ...limits(options),
        verb: 'apply',
        method: 'PATCH',
        path: resourcePath(type, { ...addressOf(object), subresource: options.subresource }),
        query: { fieldManager: options.fieldManager, force: true },
        contentType: patchContentTypes.apply,
        body: typed(type, object),
      })) as T;
    },
    async patch<T extends KubeObject>(
      type: ResourceType<T>,
      ref: ObjectRef,
      body: unknown,
      options: PatchOptions,
    ) {
      if (Array.isArray(body) !== (options.type === 'json')) {
        throw new TypeError(
          `patch ${type.kind}: a json patch is a list of operations, the others are objects`,
        );
      }
      return (await requester.send({
        ...limits(options),
        verb: 'patch',
        method: 'PATCH',
        path: resourcePath(type, { ...ref, subresource: options.subresource }),
        query: { fieldManager: options.fieldManager },
        contentType: patchContentTypes[options.type],
        body,
      })) as T;
    },
  };
}

function scaleOperations(requester: Requester): Pick<KubeClient, 'getScale' | 'setScale'> {
  return {
    async getScale(type, ref, options) {
      const path = resourcePath(type, { ...ref, subresource: 'scale' });
      return (await requester.send({ ...limits(options), verb: 'get', method: 'GET', path })) as Scale;
    },
    async setScale(type, ref, replicas, options) {
      if (!Number.isInteger(replicas) || replicas < 0) {
        throw new TypeError(`scale ${type.kind}: replicas must be a whole number of at least 0`);
      }
      const { fieldManager, resourceVersion } = options;
      return (await requester.send({
        ...limits(options),
        verb: 'patch',
        method: 'PATCH',
        path: resourcePath(type, { ...ref, subresource: 'scale' }),
        query: { fieldManager },
        contentType: patchContentTypes.merge,
        body: {
          ...(resourceVersion === undefined ? {} : { metadata: { resourceVersion } }),
          spec: { replicas },
        },
      })) as Scale;
    },
  };
}

function limits(options: CallOptions | undefined): CallOptions {
  return { signal: options?.signal, timeoutMs: options?.timeoutMs };
}

function addressOf(object: KubeObject): { namespace?: string; name: string } {
  return { namespace: object.metadata?.namespace, name: object.metadata?.name ?? '' };
}

function typed<T extends KubeObject>(type: ResourceType<T>, object: T): T {
  return { ...object, apiVersion: apiVersionOf(type), kind: type.kind };
}
