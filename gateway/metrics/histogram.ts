/** A histogram without labels: a few numbers that are cheap to add to. */
export class Histogram {
  readonly bounds: readonly number[];
  /** Observations per bucket, not cumulated; the last is above all bounds. */
  readonly counts: Uint32Array;
  sum = 0;

  /** @param bounds upper bounds in seconds, ascending. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Uint32Array(bounds.length + 1);
  }

  observe(seconds: number): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && seconds > (bounds[bucket] as number)) bucket += 1;
    counts[bucket] = (counts[bucket] as number) + 1;
    this.sum += seconds;
  }
}
