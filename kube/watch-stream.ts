/** One watch request as a stream of typed events. */
import type { Status } from 'kubernetes-types/meta/v1.js';
import { errorFromStatus, isKubeError, transportError, transportReasons } from './errors.ts';
import { readLines } from './lines.ts';
import type { Requester } from './request.ts';
import { apiVersionOf, type KubeObject, type ResourceType, resourcePath } from './resource.ts';

export interface WatchEvent<T> {
  /** A BOOKMARK's object holds nothing but `metadata.resourceVersion`. */
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  object: T;
}

export interface WatchOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Changes after this version are delivered. */
  resourceVersion: string;
  /** The server ends the watch after this time. */
  timeoutSeconds?: number;
  /** Ends the watch quietly. */
  signal?: AbortSignal;
  /**
   * Without a single byte for this long, the connection counts as dead. API servers send a bookmark each
   * minute or so, so the default of 150 s spares healthy watches.
   */
  idleTimeoutMs?: number;
  /** Called when the server has accepted the watch, before the first event. */
  onOpen?: () => void;
}

/** Above the largest object that etcd takes (1.5 MiB), doubled for the envelope, and some. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;
const DEFAULT_TIMEOUT_SECONDS = 600;
const DEFAULT_IDLE_TIMEOUT_MS = 150_000;
/** How long after `timeoutSeconds` a server may still hold the connection. */
const OVERTIME_MS = 30_000;

/**
 * Watches a collection. Ends when the server ends the watch or `signal` aborts.
 *
 * @throws KubeError for a refused watch, an ERROR event (410 Gone when `resourceVersion` is too old), a
 *   broken or silent connection, and anything that is not a watch event
 */
export async function* watchStream<T extends KubeObject>(
  requester: Requester,
  type: ResourceType<T>,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const { timeoutSeconds = DEFAULT_TIMEOUT_SECONDS, idleTimeoutMs = DEFAULT_IDLE_TIMEOUT_MS } = options;
  const connection = new AbortController();
  const kill = (message: string) => () =>
    connection.abort(transportError(transportReasons.timeout, `watch ${type.plural}: ${message}`));
  const overtime = setTimeout(kill('the server does not end the watch'), timeoutSeconds * 1000 + OVERTIME_MS);
  let idle: NodeJS.Timeout | undefined;
  const touch = () => {
    clearTimeout(idle);
    idle = setTimeout(kill(`silent for ${idleTimeoutMs} ms`), idleTimeoutMs);
  };
  const stop = () => connection.abort(options.signal?.reason);
  if (options.signal?.aborted) stop();
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    const body = await requester.open({
      verb: 'watch',
      method: 'GET',
      path: resourcePath(type, { namespace: options.namespace }),
      query: {
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: options.resourceVersion,
        timeoutSeconds,
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
      },
      signal: connection.signal,
    });
    options.onOpen?.();
    touch();
    for await (const line of readLines(observed(body, touch), MAX_LINE_BYTES)) yield parseEvent(type, line);
  } catch (error) {
    if (options.signal?.aborted) return;
    throw isKubeError(error) ? error : brokenConnection(type, connection.signal, error);
  } finally {
    clearTimeout(idle);
    clearTimeout(overtime);
    options.signal?.removeEventListener('abort', stop);
    connection.abort();
  }
}

async function* observed(chunks: AsyncIterable<Uint8Array>, touch: () => void) {
  for await (const chunk of chunks) {
    touch();
    yield chunk;
  }
}

function brokenConnection(type: ResourceType<KubeObject>, signal: AbortSignal, error: unknown): unknown {
  if (signal.aborted) return signal.reason;
  const detail = error instanceof Error ? error.message : String(error);
  return transportError(transportReasons.connectionFailed, `watch ${type.plural}: ${detail}`, error);
}

function parseEvent<T extends KubeObject>(type: ResourceType<T>, line: string): WatchEvent<T> {
  let event: { type?: unknown; object?: unknown };
  try {
    event = JSON.parse(line) ?? {};
  } catch (error) {
    throw transportError(
      transportReasons.invalidResponse,
      `watch ${type.plural}: the server sent a line that is not JSON`,
      error,
    );
  }
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
    case 'BOOKMARK': {
      if (typeof event.object !== 'object' || event.object === null) break;
      const object = event.object as T;
      object.apiVersion ??= apiVersionOf(type);
      object.kind ??= type.kind;
      return { type: event.type, object };
    }
    case 'ERROR': {
      const status = event.object as Status | undefined;
      throw errorFromStatus(`watch ${type.plural}`, status?.code ?? 500, status);
    }
  }
  throw transportError(
    transportReasons.invalidResponse,
    `watch ${type.plural}: the server sent an event of unknown form`,
  );
}
