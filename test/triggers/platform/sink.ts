/** What functions were called with, as they tell it over HTTP: outlives their pods, and can make them wait. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What ids of events look like, with the name of their batch; wherever in an event they are. */
const ID = /event-(\w+)-\d+/;

export const eventIds = (batch: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `event-${batch}-${n}`);

/** Code of a function that tells the sink of each event, and fails when that says so. */
export const TELL = `
  export const handler = async (event) => {
    const { ok } = await fetch(process.env.SINK, { method: 'POST', body: await event.text() });
    if (!ok) throw new Error('the test does not want it now');
  };
`;

export interface Sink {
  urlFor(functionName: string): string;
  /** Ids of the events that a function finished with, in order; again when it was called with them again. */
  finished(functionName: string): readonly string[];
  /** From now on each function finishes with so many events of a batch; calls with further ones of it wait. */
  hold(batch: string, events: number): Hold;
  stop(): Promise<void>;
}

export interface Hold {
  waits(functionName: string): boolean;
  /** Those that wait fail: what they brought counts only when it comes again. Others finish. */
  release(): void;
}

export async function startSink(): Promise<Sink> {
  const finished = new Map<string, string[]>();
  let holding: Holding | undefined;
  const finishedBy = (name: string) => {
    const ids = finished.get(name) ?? [];
    finished.set(name, ids);
    return ids;
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const name = String(request.url).slice(1);
    const [id, batch] = ID.exec(await text(request)) ?? ['an event without an id'];
    if (batch === holding?.batch && holding?.take(name, response)) return;
    finishedBy(name).push(id);
    response.end();
  };
  const server = createServer((request, response) => {
    // A pod that is killed does not send all of it.
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    urlFor: (name) => `http://127.0.0.1:${port}/${name}`,
    finished: finishedBy,
    hold(batch, events) {
      holding = new Holding(batch, events, () => {
        holding = undefined;
      });
      return holding;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

class Holding implements Hold {
  readonly batch: string;
  private readonly allowance: number;
  private readonly over: () => void;
  private readonly passed = new Map<string, number>();
  private readonly waiting = new Map<string, ServerResponse[]>();

  constructor(batch: string, allowance: number, over: () => void) {
    this.batch = batch;
    this.allowance = allowance;
    this.over = over;
  }

  waits(name: string): boolean {
    return this.waiting.has(name);
  }

  release(): void {
    this.over();
    for (const response of [...this.waiting.values()].flat()) response.writeHead(503).end();
  }

  /** @returns whether the call waits */
  take(name: string, response: ServerResponse): boolean {
    const passed = this.passed.get(name) ?? 0;
    this.passed.set(name, passed + 1);
    if (passed < this.allowance) return false;
    this.waiting.set(name, [...(this.waiting.get(name) ?? []), response]);
    return true;
  }
}
