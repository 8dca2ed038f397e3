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

/** What one gateway said last, and when. */
interface Notice {
  readonly at: number;
  readonly waiting: ReadonlyMap<string, number>;
}

const NOTHING: ReadonlyMap<string, number> = new Map();

export class OtherQueues {
  private readonly told = new Map<string, Notice>();
  /** Sums by function, so that a call looks at one number however many gateways there are. */
  private readonly sums = new Map<string, OtherQueue>();
  private readonly onChange: (functionKey: string) => void;

  /** @param onChange others have more or fewer calls of a function waiting than before */
  constructor(onChange: (functionKey: string) => void = () => {}) {
    this.onChange = onChange;
  }

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
    this.replace(gatewayId, waiting.size > 0 ? { at: now, waiting } : undefined);
  }

  /** Forgets gateways that are silent: dead ones, and all of them when Redis is away. */
  expire(now: number): void {
    for (const [gatewayId, { at }] of this.told) {
      if (now - at >= BELIEVED_MS) this.replace(gatewayId, undefined);
    }
  }

  private replace(gatewayId: string, notice: Notice | undefined): void {
    const before = this.told.get(gatewayId)?.waiting ?? NOTHING;
    const after = notice?.waiting ?? NOTHING;
    if (notice) this.told.set(gatewayId, notice);
    else this.told.delete(gatewayId);
    for (const [functionKey, count] of before) this.add(functionKey, -count, -1);
    for (const [functionKey, count] of after) this.add(functionKey, count, 1);
    for (const functionKey of new Set([...before.keys(), ...after.keys()])) {
      if (before.get(functionKey) !== after.get(functionKey)) this.onChange(functionKey);
    }
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

/**
 * How many places of a pod this gateway takes while calls of the function wait at others as well: as many as its part of all
 * that wait, and at least one; each of the others is left one at least. Shares are rounded up, so that all together may be
 * one more for each gateway than there are.
 *
 * @param concurrency places of a pod for all gateways
 * @param here calls that wait at this gateway, of which one at least is about to get a place
 */
export function shareOf(concurrency: number, here: number, other: OtherQueue): number {
  if (other.gateways === 0) return concurrency;
  const part = Math.ceil((concurrency * here) / (here + other.waiting));
  return Math.max(1, Math.min(part, concurrency - other.gateways));
}
