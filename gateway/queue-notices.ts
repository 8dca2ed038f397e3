/**
 * Tells the other gateways through Redis how many calls of each function wait here, and hears it from them. Nothing is said
 * while nothing waits. A notice may be lost, so that what holds is said again each second.
 */
import type { Redis } from 'ioredis';
import type { Clock } from '#kube/clock.ts';
import type { LoadBook } from './functions/load.ts';
import type { OtherQueues } from './invoke/other-queues.ts';

const CHANNEL = 'catnap:queues';
/** How soon a change is told; the bound of a queue may be exceeded by what arrives meanwhile. */
const PERIOD_MS = 100;
const REPEAT_MS = 1_000;

interface Notice {
  readonly gateway: string;
  /** By `namespace/name`; only functions of which calls wait. */
  readonly waiting: Record<string, number>;
}

export interface QueueNoticesOptions {
  readonly gatewayId: string;
  readonly redis: Pick<Redis, 'status' | 'publish'>;
  /** A connection for notices alone, which waits for Redis. */
  readonly notices: Pick<Redis, 'on' | 'subscribe'>;
  readonly loads: Pick<LoadBook, 'waiting'>;
  readonly others: OtherQueues;
  readonly clock: Clock;
}

export class QueueNotices {
  private readonly options: QueueNoticesOptions;
  private cancel = () => {};
  private said = '';
  private saidAt = Number.NEGATIVE_INFINITY;
  private quiet = true;

  constructor(options: QueueNoticesOptions) {
    this.options = options;
  }

  start(): void {
    const { notices } = this.options;
    notices.on('message', (channel: string, message: string) => {
      if (channel === CHANNEL) this.hear(message);
    });
    notices.subscribe(CHANNEL).catch(() => {});
    this.run();
  }

  /** Says a last time what waits here: nothing, after a drain that came to its end. */
  stop(): void {
    this.cancel();
    this.say();
  }

  private run(): void {
    const { others, clock } = this.options;
    others.expire(clock.monotonic());
    this.say();
    this.cancel = clock.after(PERIOD_MS, () => this.run());
  }

  private say(): void {
    const { gatewayId, redis, loads, clock } = this.options;
    const now = clock.monotonic();
    const waiting = loads.waiting();
    const isQuiet = Object.keys(waiting).length === 0;
    if (isQuiet && this.quiet) return;
    const notice: Notice = { gateway: gatewayId, waiting };
    const message = JSON.stringify(notice);
    if (message === this.said && now - this.saidAt < REPEAT_MS) return;
    if (redis.status !== 'ready') return;
    redis.publish(CHANNEL, message).catch(() => {});
    this.said = message;
    this.saidAt = now;
    this.quiet = isQuiet;
  }

  private hear(message: string): void {
    const notice = parse(message);
    const { gatewayId, others, clock } = this.options;
    if (notice === undefined || notice.gateway === gatewayId) return;
    others.hear(notice.gateway, new Map(Object.entries(notice.waiting)), clock.monotonic());
  }
}

/** Undefined for what no gateway of this version says. */
function parse(message: string): Notice | undefined {
  try {
    const { gateway, waiting } = JSON.parse(message) as Partial<Notice>;
    const isMeant = typeof gateway === 'string' && Object.values(waiting ?? {}).every(Number.isFinite);
    return isMeant && waiting ? { gateway, waiting } : undefined;
  } catch {
    return undefined;
  }
}
