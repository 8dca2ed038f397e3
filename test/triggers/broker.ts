/** A queue of numbered events over HTTP, for gateways in processes of their own, and the source that reads it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { CreateSource } from '#gateway/triggers/source.ts';

export interface Broker {
  readonly url: string;
  /** Who asked for events, in order, with how many times in a row. */
  readonly readers: { id: string; times: number }[];
  publish(count: number): void;
  /** Ids that were acknowledged. */
  readonly acknowledged: ReadonlySet<string>;
  stop(): Promise<void>;
}

export async function startBroker(): Promise<Broker> {
  const pending = new Set<string>();
  const acknowledged = new Set<string>();
  const readers: { id: string; times: number }[] = [];
  let last = 0;
  const server = createServer((request, response) => {
    const [, verb, id = ''] = (request.url as string).split('/');
    if (verb === 'acknowledge') {
      pending.delete(id);
      acknowledged.add(id);
      response.end();
      return;
    }
    const latest = readers.at(-1);
    if (latest?.id === id) latest.times += 1;
    else readers.push({ id, times: 1 });
    response.end(JSON.stringify([...pending]));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    readers,
    acknowledged,
    publish(count) {
      for (let i = 0; i < count; i++) pending.add(String(++last));
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Asks the broker every 20 ms and acknowledges what was delivered. */
export function brokerSource(url: string, readerId: string): CreateSource<unknown> {
  return () => ({
    async run({ signal, connected, deliver, lag }) {
      const open = new Map<string, Promise<void>>();
      while (!signal.aborted) {
        const ids = (await (await fetch(`${url}/read/${readerId}`)).json()) as string[];
        connected();
        lag(ids.length);
        for (const id of ids) {
          if (open.has(id)) continue;
          const work = deliver([{ id, type: 'test', source: '/broker', data: Buffer.from(id) }])
            .then(() => fetch(`${url}/acknowledge/${id}`))
            .then(() => {})
            // What was acknowledged stays known: a list that is on its way may still have it.
            .catch(() => void open.delete(id));
          open.set(id, work);
        }
        await delay(20);
      }
      await Promise.all(open.values());
    },
  });
}
