/** A collection of ConfigMaps behind a scripted server: enough of list and watch to break them in tests. */
import type { ServerResponse } from 'node:http';
import type { ConfigMap } from 'kubernetes-types/core/v1.js';
import { json, type ReceivedRequest, statusObject } from './scripted-server.ts';

export interface TestCollection {
  /** Answers list and watch requests for the collection. */
  serve(request: ReceivedRequest, response: ServerResponse): void;
  /** Stores an object; returns its resourceVersion. */
  put(name: string, data?: Record<string, string>, options?: { silent?: boolean }): string;
  remove(name: string, options?: { silent?: boolean }): void;
  /** Versions before this one can no longer be watched. */
  forgetHistory(): void;
  readonly watches: Set<ServerResponse>;
}

type WatchLine = { version: number; text: string };

export function createTestCollection(): TestCollection {
  const objects = new Map<string, ConfigMap>();
  const watches = new Set<ServerResponse>();
  let history: WatchLine[] = [];
  let oldest = 0;
  let version = 100;

  const publish = (type: string, object: ConfigMap, silent = false) => {
    if (silent) return;
    const text = `${JSON.stringify({ type, object })}\n`;
    history.push({ version, text });
    for (const watch of watches) watch.write(text);
  };
  const store = (name: string, data: Record<string, string>): ConfigMap => ({
    metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion: String(++version) },
    data,
  });

  const list = (request: ReceivedRequest, response: ServerResponse) => {
    const all = [...objects.values()];
    const limit = Number(request.query.get('limit') ?? all.length) || all.length;
    const start = Number(request.query.get('continue') ?? 0);
    const more = start + limit < all.length ? String(start + limit) : undefined;
    json(response, 200, {
      kind: 'ConfigMapList',
      apiVersion: 'v1',
      metadata: { resourceVersion: String(version), continue: more },
      items: all.slice(start, start + limit),
    });
  };

  const watch = (request: ReceivedRequest, response: ServerResponse) => {
    const from = Number(request.query.get('resourceVersion'));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (from < oldest) {
      const status = statusObject(410, 'Expired', `too old resource version: ${from} (${oldest})`);
      response.end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
      return;
    }
    for (const line of history) if (line.version > from) response.write(line.text);
    watches.add(response);
    response.on('close', () => watches.delete(response));
  };

  return {
    watches,
    serve: (request, response) =>
      request.query.get('watch') === 'true' ? watch(request, response) : list(request, response),
    put(name, data = {}, { silent = false } = {}) {
      const type = objects.has(name) ? 'MODIFIED' : 'ADDED';
      const object = store(name, data);
      objects.set(name, object);
      publish(type, object, silent);
      return String(version);
    },
    remove(name, { silent = false } = {}) {
      const object = objects.get(name);
      if (object === undefined) throw new Error(`there is no ${name}`);
      objects.delete(name);
      publish('DELETED', { ...object, metadata: store(name, {}).metadata }, silent);
    },
    forgetHistory() {
      history = [];
      oldest = ++version;
    },
  };
}
