/**
 * What Redis tells as it happens, over one connection however many wait: that there is work, that a call shall be aborted,
 * that a call's state changed. Notices can be lost with the connection, so nobody may rely on them alone.
 */
import type { Redis } from 'ioredis';
import { channels } from './keys.ts';

export interface ChangesOptions {
  /** A connection for this alone, which waits for Redis. */
  readonly redis: Redis;
  readonly onReady: () => void;
  readonly onCancel: (id: string) => void;
}

/** Somebody who wants to know of a call's changes. */
export interface Follower {
  /** Resolves when the call may have changed since the last time, or after so many milliseconds. */
  next(ms: number): Promise<void>;
  /** Ends a wait, and all waits from now on. */
  close(): void;
}

export class Changes {
  private readonly options: ChangesOptions;
  private readonly followers = new Map<string, Set<() => void>>();

  constructor(options: ChangesOptions) {
    this.options = options;
    const { redis, onReady, onCancel } = options;
    redis.on('message', (channel: string, message: string) => {
      if (channel === channels.ready) onReady();
      else if (channel === channels.cancel) onCancel(message);
      else for (const tell of this.followers.get(channel) ?? []) tell();
    });
    // What was told meanwhile is lost.
    redis.on('ready', () => {
      onReady();
      for (const tellers of this.followers.values()) for (const tell of tellers) tell();
    });
  }

  start(): void {
    this.options.redis.subscribe(channels.ready, channels.cancel).catch(() => {});
  }

  /** What changes after this resolves is not missed; without Redis it resolves all the same. */
  async follow(id: string): Promise<Follower> {
    const channel = channels.changed(id);
    let changed = false;
    let closed = false;
    let wake: (() => void) | undefined;
    const tell = () => {
      changed = true;
      wake?.();
    };
    const tellers = this.followers.get(channel);
    if (tellers) tellers.add(tell);
    else this.followers.set(channel, new Set([tell]));
    if (this.options.redis.status === 'ready') await this.options.redis.subscribe(channel).catch(() => {});
    else this.options.redis.subscribe(channel).catch(() => {});
    return {
      next: (ms) =>
        new Promise((resolve) => {
          const timer = setTimeout(() => wake?.(), ms);
          wake = () => {
            clearTimeout(timer);
            wake = undefined;
            changed = false;
            resolve();
          };
          if (changed || closed) wake();
        }),
      close: () => {
        closed = true;
        wake?.();
        this.forget(channel, tell);
      },
    };
  }

  private forget(channel: string, tell: () => void): void {
    const tellers = this.followers.get(channel);
    if (!tellers?.delete(tell) || tellers.size > 0) return;
    this.followers.delete(channel);
    this.options.redis.unsubscribe(channel).catch(() => {});
  }
}
