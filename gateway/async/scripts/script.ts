/** A Lua script of ours: sent by its hash, and whole when Redis does not know it (any more). */
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

export type ScriptArgument = string | number | Buffer;

/** What scripts answer: Buffers, integers, nulls, and lists of these. */
export type ScriptReply = Buffer | number | null | ScriptReply[];

export class Script {
  private readonly source: string;
  private readonly hash: string;

  constructor(source: string) {
    this.source = source;
    this.hash = createHash('sha1').update(source).digest('hex');
  }

  /** Runs it as one atomic step. */
  async run(redis: Redis, keys: string[], args: ScriptArgument[]): Promise<ScriptReply> {
    try {
      return (await redis.callBuffer(
        'EVALSHA',
        this.hash,
        keys.length,
        ...keys,
        ...args,
      )) as unknown as ScriptReply;
    } catch (error) {
      if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
      return (await redis.callBuffer(
        'EVAL',
        this.source,
        keys.length,
        ...keys,
        ...args,
      )) as unknown as ScriptReply;
    }
  }
}

/** The text of a reply's part. */
export function text(part: ScriptReply | undefined): string {
  return part instanceof Buffer ? part.toString() : String(part ?? '');
}
