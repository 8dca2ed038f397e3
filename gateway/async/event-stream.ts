/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) to one caller. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** How soon a browser shall connect again, in milliseconds. */
const RETRY_MS = 2_000;

/** Whether a request asks for events by name. */
export function acceptsEvents({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && (headers.accept ?? '').toLowerCase().includes('text/event-stream');
}

export class EventStream {
  private readonly response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse, requestId: string) {
    this.response = response;
    request.resume();
    response.writeHead(200, [
      ...['content-type', 'text/event-stream'],
      ...['cache-control', 'no-store'],
      ...['x-request-id', requestId],
    ]);
    response.write(`retry: ${RETRY_MS}\n\n`);
  }

  send(event: string, data: object): void {
    if (!this.response.destroyed) this.response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** So that nothing between here and the caller takes the connection for dead. */
  keepAlive(): void {
    if (!this.response.destroyed) this.response.write(':\n\n');
  }

  end(): void {
    if (!this.response.destroyed) this.response.end();
  }
}
