/** From a request to the part that answers it. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  badRequest,
  methodNotAllowed,
  StatusError,
  unauthorized,
  unknownPath,
} from '../core/status-error.ts';
import {
  aggregatedDiscovery,
  coreVersions,
  groupDocument,
  groupList,
  resourceList,
} from '../discovery/discovery.ts';
import type { OpenApiDocuments } from '../discovery/openapi.ts';
import { versionInfo } from '../discovery/version.ts';
import { handlerFor } from '../handlers/dispatch.ts';
import type { ApiContext } from '../handlers/request.ts';
import { answerReview, findReview } from '../handlers/reviews.ts';
import { negotiate, parseAccept } from '../requests/negotiation.ts';
import { parseResourcePath, type ResourcePath } from '../requests/request-path.ts';
import type { Authenticator } from './auth.ts';
import { sendError, sendJson, sendText, sendYaml, warningHeaders } from './respond.ts';

export interface RouterOptions {
  context: ApiContext;
  authenticate: Authenticator;
  openApi: OpenApiDocuments;
  /** host:port, for discovery. */
  address(): string;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  pathname: string;
  query: URLSearchParams;
}

const HEALTH = /^\/(livez|readyz|healthz)(\/[a-z-]+)?$/;

export function createRouter(
  options: RouterOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { context } = options;
  return (request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      if (!(error instanceof StatusError) && !response.destroyed) {
        const { method, url } = request;
        context.log.error({ err: error, method, path: url?.split('?')[0] }, 'request failed');
      }
      sendError(response, error);
    });
  };
}

async function answer(
  options: RouterOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const pathname = mark < 0 ? url : url.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
  const exchange: Exchange = { request, response, pathname, query };
  // As on a real cluster, health and version are open to anyone.
  if (HEALTH.test(pathname)) return sendText(response, 200, 'ok');
  if (pathname === '/version') return sendJson(response, 200, JSON.stringify(versionInfo));
  if (!options.authenticate(request.headers.authorization)) throw unauthorized();
  if (pathname.startsWith('/openapi/')) return answerOpenApi(options, exchange);
  if (pathname === '/') return answerRoot(options, exchange);
  const path = parsePath(pathname);
  if (path) return answerResource(options, exchange, path);
  return answerDiscovery(options, exchange);
}

function parsePath(pathname: string): ResourcePath | undefined {
  if (!/^\/apis?(\/|$)/.test(pathname)) throw unknownPath();
  try {
    return parseResourcePath(pathname);
  } catch (error) {
    if (error instanceof URIError) throw badRequest(`the path cannot be decoded: ${pathname}`);
    throw error;
  }
}

async function answerResource(
  { context }: RouterOptions,
  { request, response, query }: Exchange,
  path: ResourcePath,
): Promise<void> {
  const resource = context.registry.find(path.group, path.version, path.plural);
  if (!resource) {
    const review = findReview(path.group, path.version, path.plural);
    if (!review || path.name !== undefined || path.namespace) throw unknownPath();
    const { code, body } = await answerReview(review, request);
    return sendJson(response, code, body);
  }
  if (!resource.namespaced && path.namespace) throw unknownPath();
  const { encoding } = negotiate(request.headers.accept);
  const exchange = { raw: request, response, path, resource, query, warnings: [] as string[] };
  const reply = await handlerFor(exchange)(context, exchange);
  if (!reply) return;
  if (reply.type) return sendText(response, reply.code, reply.body);
  if (encoding === 'yaml') return sendYaml(response, reply.code, reply.body);
  const warnings = warningHeaders(exchange.warnings);
  return sendJson(response, reply.code, reply.body, warnings.length > 0 ? { warning: warnings } : {});
}

function answerDiscovery({ context, address }: RouterOptions, exchange: Exchange): void {
  const { request, response, pathname } = exchange;
  if (request.method !== 'GET') throw methodNotAllowed();
  const [root, group = '', version, ...excess] = pathname.slice(1).replace(/\/$/, '').split('/');
  if (excess.length > 0) throw unknownPath();
  const { registry } = context;
  const core = root === 'api';
  if (!group && wantsAggregated(request)) {
    sendCached(exchange, JSON.stringify(aggregatedDiscovery(registry, core)), AGGREGATED_TYPE);
    return;
  }
  const document = core
    ? group
      ? resourceList(registry, '', group)
      : coreVersions(address())
    : discoveryOf(context, group, version);
  if (!document) throw unknownPath();
  sendJson(response, 200, JSON.stringify(document));
}

function discoveryOf(
  { registry }: ApiContext,
  group: string,
  version: string | undefined,
): object | undefined {
  if (!group) return groupList(registry);
  return version === undefined ? groupDocument(registry, group) : resourceList(registry, group, version);
}

const AGGREGATED_TYPE = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

function wantsAggregated(request: IncomingMessage): boolean {
  return parseAccept(request.headers.accept).some(
    ({ type, parameters }) =>
      type === 'application/json' &&
      parameters.as === 'APIGroupDiscoveryList' &&
      parameters.g === 'apidiscovery.k8s.io' &&
      parameters.v === 'v2',
  );
}

/** Answers 304 to a client that has the document already. */
function sendCached({ request, response }: Exchange, body: string, type: string): void {
  const etag = `"${createHash('sha256').update(body).digest('hex').toUpperCase()}"`;
  const headers = { etag, vary: 'Accept', 'cache-control': 'public' };
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  sendJson(response, 200, body, { ...headers, 'content-type': type });
}

function answerOpenApi({ openApi }: RouterOptions, { request, response, pathname, query }: Exchange): void {
  if (request.method !== 'GET') throw methodNotAllowed();
  if (pathname === '/openapi/v3') {
    sendJson(response, 200, openApi.index());
    return;
  }
  const groupVersion = pathname.replace(/^\/openapi\/v3\//, '');
  const document = openApi.document(groupVersion);
  if (!document) throw unknownPath();
  // An address with the right hash always means the same document.
  const current = query.get('hash') === document.hash;
  const caching = current ? 'public, immutable' : 'no-cache, private';
  sendJson(response, 200, document.body, { 'cache-control': caching, etag: `"${document.hash}"` });
}

function answerRoot({ context }: RouterOptions, { response }: Exchange): void {
  const served = new Set(
    context.registry
      .all()
      .map(({ group, version }) => (group ? `/apis/${group}/${version}` : `/api/${version}`)),
  );
  const paths = ['/api', '/apis', ...served, '/healthz', '/livez', '/openapi/v3', '/readyz', '/version'];
  sendJson(response, 200, JSON.stringify({ paths: paths.sort() }));
}
