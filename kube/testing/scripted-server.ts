/** A real HTTP(S) server on a free loopback port whose answers a test scripts. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: string;
}

export type Script = (request: ReceivedRequest, response: ServerResponse) => void | Promise<void>;

export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly requests: ReceivedRequest[];
  script: Script;
  /** Breaks every connection. */
  dropConnections(): void;
  close(): Promise<void>;
}

export async function startScriptedServer(
  script: Script,
  options: { tls?: ServerOptions; port?: number } = {},
): Promise<ScriptedServer> {
  const requests: ReceivedRequest[] = [];
  const handle = async (message: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk);
    const url = new URL(message.url ?? '/', 'http://localhost');
    const request = {
      method: message.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: message.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    };
    requests.push(request);
    await server.script(request, response);
  };
  const listener = (message: IncomingMessage, response: ServerResponse) => {
    handle(message, response).catch(() => response.destroy());
  };
  const http = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
  await new Promise<void>((resolve) => http.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const server: ScriptedServer = {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    script,
    dropConnections: () => http.closeAllConnections(),
    async close() {
      http.closeAllConnections();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
  return server;
}

export function json(response: ServerResponse, status: number, body: unknown, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** A Status object as API servers send it. */
export function statusObject(code: number, reason: string, message: string, details?: object) {
  return { apiVersion: 'v1', kind: 'Status', status: 'Failure', code, reason, message, details };
}
