/**
 * How many calls of each function wait at other gateways, as these say, so that the bound of a function's queue is one for
 * all gateways. Pure; how they tell each other is another file's business.
 */

/** What a gateway said is believed for so long: several times as long as it takes to say it again. */
export const BELIEVED_MS = 3_000;

/** Of one function: calls that wait elsewhere, and at how many gateways. */
export interface OtherQueue {
  readonly waiting: number;
  readonly gateways: number;
}

const NONE: OtherQueue = { waiting: 0, gateways: 0 };

export class OtherQueues {
  private readonly told = new Map<string, { at: number; waiting: ReadonlyMap<string, number> }>();
  /** Sums by function, so that a call looks at one number however many gateways there are. */
  private readonly sums = new Map<string, OtherQueue>();

  /** At how many other gateways calls wait. */
  get gateways(): number {
    return this.told.size;
  }

  of(functionKey: string): OtherQueue {
    return this.sums.get(functionKey) ?? NONE;
  }

  /**
   * A gateway says what waits there, which replaces what it said before.
   *
   * @param waiting only functions of which calls wait
   * @param now milliseconds of a clock that only goes forward
   */
  hear(gatewayId: string, waiting: ReadonlyMap<string, number>, now: number): void {
    this.forget(gatewayId);
    if (waiting.size === 0) return;
    this.told.set(gatewayId, { at: now, waiting });
    for (const [functionKey, count] of waiting) this.add(functionKey, count, 1);
  }

  /** Forgets gateways that are silent: dead ones, and all of them when Redis is away. */
  expire(now: number): void {
    for (const [gatewayId, { at }] of this.told) if (now - at >= BELIEVED_MS) this.forget(gatewayId);
  }

  private forget(gatewayId: string): void {
    const before = this.told.get(gatewayId);
    this.told.delete(gatewayId);
    for (const [functionKey, count] of before?.waiting ?? []) this.add(functionKey, -count, -1);
  }

  private add(functionKey: string, waiting: number, gateways: number): void {
    const before = this.of(functionKey);
    if (before.gateways + gateways === 0) this.sums.delete(functionKey);
    else {
      this.sums.set(functionKey, {
        waiting: before.waiting + waiting,
        gateways: before.gateways + gateways,
      });
    }
  }
}

/**
 * Whether one more call may wait here. All gateways together have `maxDepth` places. Each has its equal share of them even
 * so, or else the one whose queue filled first would keep the callers of all others out for as long as it is busy; what it
 * has beyond its own share then drains.
 */
export function hasRoom(here: number, other: OtherQueue, maxDepth: number): boolean {
  return here + other.waiting < maxDepth || here < maxDepth / (other.gateways + 1);
}
