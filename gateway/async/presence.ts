/** Says that this gateway lives, takes over what dead ones had in hand, and finds calls that only the books know. */
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { CallStore } from './call-store.ts';
import type { Dispatcher } from './dispatcher.ts';
import { Peers } from './peers.ts';
import type { Slots } from './slots.ts';

const PERIOD_MS = 2_000;

export interface PresenceOptions {
  readonly redis: Redis;
  readonly store: CallStore;
  readonly dispatcher: Pick<Dispatcher, 'inHand' | 'kick'>;
  readonly slots: Slots;
  readonly onTakenOver: (calls: number) => void;
  readonly log: Logger;
}

export class Presence {
  private readonly options: PresenceOptions;
  private readonly peers = new Peers();
  /** In this gateway's hand by the books, but not in fact, at the last look: an answer of Redis may have been lost. */
  private missing = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private failing = false;

  constructor(options: PresenceOptions) {
    this.options = options;
  }

  start(): void {
    void this.run();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async run(): Promise<void> {
    try {
      await this.look();
      this.failing = false;
    } catch (error) {
      if (!this.failing) this.options.log.debug({ err: error }, 'the other gateways cannot be seen');
      this.failing = true;
    }
    if (!this.stopped) this.timer = setTimeout(() => void this.run(), PERIOD_MS);
  }

  private async look(): Promise<void> {
    const { redis, store, slots } = this.options;
    const counts = await store.heartbeat(redis);
    const dead = this.peers.look(counts, performance.now());
    slots.gateways = Math.max(1, counts.size - dead.length);
    for (const id of dead) await this.takeOver(id);
    await this.findLost();
  }

  private async takeOver(gatewayId: string): Promise<void> {
    const { redis, store, dispatcher, onTakenOver, log } = this.options;
    if (gatewayId === store.gatewayId) return;
    const calls = await store.releaseAll(redis, gatewayId);
    if (calls === 0) return;
    log.warn({ gatewayId, calls }, 'a gateway is gone: its asynchronous calls are delivered again');
    onTakenOver(calls);
    dispatcher.kick();
  }

  /** Twice in a row, so that what is just on its way is not taken for lost. */
  private async findLost(): Promise<void> {
    const { redis, store, dispatcher, log } = this.options;
    const byTheBooks = await store.inHand(redis);
    const missing = byTheBooks.filter((id) => !dispatcher.inHand.has(id));
    const lost = missing.filter((id) => this.missing.has(id));
    this.missing = new Set(missing);
    if (lost.length === 0) return;
    const calls = await store.releaseLost(redis, lost);
    log.warn({ calls }, 'calls whose hand-over was lost are delivered again');
    dispatcher.kick();
  }
}
