/** pods/log: streams a container's log from the kubelet of its node. */
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { type ApiObject, isRecord, listAt, stringAt } from '../core/objects.ts';
import { badRequest, internalError, notFound, StatusError } from '../core/status-error.ts';
import { readObject } from '../writes/update.ts';
import type { Handler } from './request.ts';

const FORWARDED = [
  'follow',
  'previous',
  'tailLines',
  'sinceSeconds',
  'sinceTime',
  'timestamps',
  'limitBytes',
];
const MAX_ERROR_BYTES = 64 * 1024;

export const handlePodLog: Handler = async (context, request) => {
  const { path, response, query, resource } = request;
  const pod = readObject(context, resource, { namespace: path.namespace, name: path.name ?? '' });
  const container = chooseContainer(pod, query.get('container'));
  const nodeName = stringAt(pod, 'spec', 'nodeName');
  // A pod without a node has not said anything yet.
  if (!nodeName) return { code: 200, body: '', type: 'text/plain' };
  const node = context.store.get('nodes', nodeName);
  if (!node) throw notFound({ group: '', plural: 'nodes' }, nodeName);

  const { promise: closed, resolve: markClosed } = Promise.withResolvers<void>();
  const abort = new AbortController();
  response.once('close', () => {
    abort.abort();
    markClosed();
  });
  const upstream = await context.kubelets.logs(node, logPath(pod, container, query), abort.signal);
  if (upstream.statusCode !== 200) throw await upstreamError(upstream);
  response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  // The end of either side ends the other; a client that leaves is no error.
  await pipeline(upstream, response).catch(() => response.destroy());
  await closed;
  return undefined;
};

function logPath({ metadata }: ApiObject, container: string, query: URLSearchParams): string {
  const parameters = new URLSearchParams();
  for (const name of FORWARDED) {
    const value = query.get(name);
    if (value !== null) parameters.set(name, value);
  }
  const names = [metadata.namespace ?? '', metadata.name, container].map(encodeURIComponent).join('/');
  return `/containerLogs/${names}?${parameters}`;
}

/** @throws a 400 StatusError when the name is unknown, or missing while there are several */
function chooseContainer(pod: ApiObject, asked: string | null): string {
  const { name: podName } = pod.metadata;
  const [containers = [], inits = []] = [
    ['spec', 'containers'],
    ['spec', 'initContainers'],
  ].map((path) => listAt(pod, ...path).map((it) => (isRecord(it) ? String(it.name) : '')));
  if (asked) {
    if ([...containers, ...inits].includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${podName}`);
  }
  const [only, ...others] = containers;
  const preferred = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  if (preferred && containers.includes(preferred)) return preferred;
  if (only !== undefined && others.length === 0) return only;
  const also = inits.length > 0 ? ` or one of the init containers: [${inits.join(' ')}]` : '';
  throw badRequest(
    `a container name must be specified for pod ${podName}, choose one of: [${containers.join(' ')}]${also}`,
  );
}

/** A refusal of the kubelet keeps its words and its code. */
async function upstreamError(upstream: IncomingMessage): Promise<StatusError> {
  let text = '';
  for await (const chunk of upstream) {
    text += String(chunk);
    if (text.length > MAX_ERROR_BYTES) break;
  }
  const message = text.trim();
  if (upstream.statusCode === 400) return badRequest(message);
  if (upstream.statusCode === 404)
    return new StatusError(404, 'NotFound', message || 'the log was not found');
  return internalError(message || `the kubelet answered ${upstream.statusCode}`);
}
