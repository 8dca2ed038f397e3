/** Asks the kubelet of a node for container logs, as kube-apiserver does. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { type ApiObject, isRecord, listAt, numberAt, stringAt } from '../core/objects.ts';
import { internalError } from '../core/status-error.ts';

export interface KubeletClient {
  /**
   * Opens a stream of log text. The answer may be a refusal.
   * @throws a 500 StatusError when the kubelet cannot be reached
   */
  logs(node: ApiObject, path: string, signal: AbortSignal): Promise<IncomingMessage>;
  /** The bearer token that the kubelet of a node asks for. */
  setToken(nodeName: string, token: string): void;
}

const ANSWER_TIMEOUT_MS = 10_000;

/** A client for kubelets on this machine, which serve plain HTTP on loopback. */
export function createKubeletClient(): KubeletClient {
  const tokens = new Map<string, string>();
  return {
    setToken: (nodeName, token) => tokens.set(nodeName, token),
    async logs(node, path, signal) {
      const { host, port } = endpointOf(node);
      const token = tokens.get(node.metadata.name);
      const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
      try {
        return await open({ host, port, path, headers, signal });
      } catch (error) {
        if (signal.aborted) throw error;
        throw internalError(`Get "http://${host}:${port}${path.split('?')[0]}": ${(error as Error).message}`);
      }
    },
  };
}

function open(target: {
  host: string;
  port: number;
  path: string;
  headers: Record<string, string>;
  signal: AbortSignal;
}): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = httpRequest({ ...target, agent: false });
  const timer = setTimeout(
    () => request.destroy(new Error('the kubelet does not answer')),
    ANSWER_TIMEOUT_MS,
  );
  request.once('response', (response) => {
    clearTimeout(timer);
    resolve(response);
  });
  request.once('close', () => clearTimeout(timer));
  request.on('error', reject).end();
  return promise;
}

/** @throws a 500 StatusError when the node does not say where its kubelet is */
function endpointOf(node: ApiObject): { host: string; port: number } {
  const address = listAt(node, 'status', 'addresses').find((it) => isRecord(it) && it.type === 'InternalIP');
  const host = stringAt(address, 'address');
  const port = numberAt(node, 'status', 'daemonEndpoints', 'kubeletEndpoint', 'Port');
  if (host && port) return { host, port };
  throw internalError(`node ${node.metadata.name} has no InternalIP or no kubelet port in its status`);
}
