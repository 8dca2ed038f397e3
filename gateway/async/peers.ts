/**
 * Which gateways are dead: those that did not say for a while that they live. The while is counted by this gateway's own
 * clock and only while Redis answers, so that an outage of Redis or clocks that differ make nobody dead. Pure.
 */

/** Longer than any pause of a gateway that lives; dead ones are replaced within this and two heartbeats. */
export const SILENCE_MS = 8_000;

export class Peers {
  private readonly seen = new Map<string, { count: string; at: number }>();
  private lastLook = Number.NEGATIVE_INFINITY;

  /**
   * @param counts how often each gateway has said that it lives
   * @param now milliseconds of a clock that only goes forward
   * @returns the dead ones
   */
  look(counts: ReadonlyMap<string, string>, now: number): string[] {
    const blind = now - this.lastLook > SILENCE_MS / 2;
    this.lastLook = now;
    for (const id of this.seen.keys()) if (!counts.has(id)) this.seen.delete(id);
    const dead: string[] = [];
    for (const [id, count] of counts) {
      const known = this.seen.get(id);
      if (blind || known === undefined || known.count !== count) this.seen.set(id, { count, at: now });
      else if (now - known.at >= SILENCE_MS) dead.push(id);
    }
    return dead;
  }
}
