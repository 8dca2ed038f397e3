/** The commands of one consumer group on one stream. */
import type { Redis } from 'ioredis';
import type { Entry } from './entry.ts';

/** Always the same: what a gateway leaves behind, the next one finds as its own. */
const CONSUMER = 'catnap';
const COUNT = 100;
const BLOCK_MS = 5_000;
/** An entry that another consumer has not acknowledged for so long is taken over. */
const DEAD_MS = 60_000;

export interface Group {
  /** Creates the group, and the stream, unless they are there. */
  create(): Promise<void>;
  /** Entries that nobody was given, at most {@link COUNT}; waits for them up to {@link BLOCK_MS}. */
  next(): Promise<Entry[]>;
  /** Entries after the id that we were given and that are not acknowledged. */
  pending(after: string): Promise<Entry[]>;
  /** Entries that no consumer has acknowledged for {@link DEAD_MS}; they are ours from now on. */
  claim(cursor: string): Promise<{ cursor: string; entries: Entry[] }>;
  acknowledge(...ids: string[]): Promise<void>;
  /** Entries that nobody was given or acknowledged; undefined when Redis cannot tell. */
  lag(): Promise<number | undefined>;
}

export interface GroupOptions {
  stream: string;
  name: string;
  startFrom: 'earliest' | 'latest';
  /** Waits for entries, so that nothing else can use it. */
  reader: Redis;
  writer: Redis;
}

type Reply = [stream: string, entries: Entry[]][] | null;

export function createGroup({ stream, name, startFrom, reader, writer }: GroupOptions): Group {
  return {
    async create() {
      const start = startFrom === 'earliest' ? '0' : '$';
      await writer.xgroup('CREATE', stream, name, start, 'MKSTREAM').catch((error: Error) => {
        if (!error.message.startsWith('BUSYGROUP')) throw error;
      });
    },
    async next() {
      const reply = (await reader.xreadgroup(
        'GROUP',
        name,
        CONSUMER,
        'COUNT',
        COUNT,
        'BLOCK',
        BLOCK_MS,
        'STREAMS',
        stream,
        '>',
      )) as Reply;
      return reply?.[0]?.[1] ?? [];
    },
    async pending(after) {
      const reply = (await reader.xreadgroup(
        'GROUP',
        name,
        CONSUMER,
        'COUNT',
        COUNT,
        'STREAMS',
        stream,
        after,
      )) as Reply;
      return reply?.[0]?.[1] ?? [];
    },
    async claim(cursor) {
      const [next, entries] = (await writer.xautoclaim(
        stream,
        name,
        CONSUMER,
        DEAD_MS,
        cursor,
        'COUNT',
        COUNT,
      )) as [string, (Entry | null)[]];
      // Redis 6.2 tells of deleted entries as nil.
      return { cursor: next, entries: entries.filter((entry) => entry !== null) };
    },
    async acknowledge(...ids) {
      if (ids.length > 0) await writer.xack(stream, name, ...ids);
    },
    async lag() {
      const groups = (await writer.xinfo('GROUPS', stream)) as unknown[][];
      const ours = groups.map(asObject).find((group) => group.name === name);
      // Redis before 7 does not say, and 7 not when entries in the middle were deleted.
      if (typeof ours?.lag !== 'number') return undefined;
      return ours.lag + Number(ours.pending);
    },
  };
}

function asObject(flat: unknown[]): Record<string, unknown> {
  const pairs = flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1]]] : []));
  return Object.fromEntries(pairs);
}
