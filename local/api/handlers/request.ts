import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Representation } from '../requests/negotiation.ts';
import { negotiate } from '../requests/negotiation.ts';
import type { ResourcePath } from '../requests/request-path.ts';
import type { Resource } from '../resources/resource.ts';
import type { IncludeObject } from '../tables/table.ts';
import type { WatchHub } from '../watch/watch-hub.ts';
import type { WriteContext } from '../writes/context.ts';
import type { Rendering } from './encoding.ts';
import type { KubeletClient } from './kubelet-client.ts';

/** What handlers need besides what writes need. */
export interface ApiContext extends WriteContext {
  hub: WatchHub;
  kubelets: KubeletClient;
  /** Aborted when the server stops. */
  stopping: AbortSignal;
}

/** A request to a resource that exists. */
export interface ResourceRequest {
  raw: IncomingMessage;
  response: ServerResponse;
  path: ResourcePath;
  resource: Resource;
  query: URLSearchParams;
  warnings: string[];
}

/** The answer of a handler; undefined when it has written the response itself. */
export type Reply = { code: number; body: string; type?: 'text/plain' } | undefined;

export type Handler = (context: ApiContext, request: ResourceRequest) => Reply | Promise<Reply>;

/** @throws a 406 StatusError */
export function representationOf({ raw }: ResourceRequest): Representation {
  return negotiate(raw.headers.accept);
}

export function renderingOf(context: ApiContext, request: ResourceRequest): Rendering {
  return {
    shape: representationOf(request).shape,
    include: includeOf(request.query),
    now: context.now(),
  };
}

export function includeOf(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject');
  return value === 'None' || value === 'Object' ? value : 'Metadata';
}
