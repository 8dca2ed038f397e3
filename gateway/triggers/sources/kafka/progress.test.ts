import { describe, expect, it } from 'vitest';
import { PartitionProgress } from './progress.ts';

const started = (...offsets: bigint[]) => {
  const progress = new PartitionProgress(offsets[0] ?? 0n);
  for (const offset of offsets) progress.begin(offset, 10);
  return progress;
};

describe('PartitionProgress', () => {
  it('never moves past a record that is not finished', () => {
    const progress = started(5n, 6n, 7n);
    expect(progress.finish(7n)).toBe(false);
    expect(progress.finish(6n)).toBe(false);
    expect(progress.position).toBe(5n);
    expect(progress.finish(5n)).toBe(true);
    expect(progress.position).toBe(8n);
  });

  it('moves over offsets that have no record', () => {
    const progress = started(5n, 9n);
    progress.finish(5n);
    expect(progress.position).toBe(6n);
    progress.finish(9n);
    expect(progress.position).toBe(10n);
  });

  it('begins no record twice, whether in hand, finished or committed', () => {
    const progress = started(5n, 6n, 7n);
    progress.finish(5n);
    progress.finish(7n);
    expect([4n, 5n, 6n, 7n, 8n].map((offset) => progress.begin(offset, 10))).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  it('knows what is in hand', () => {
    const progress = started(5n, 6n, 7n);
    expect(progress.inHand).toEqual({ events: 3, bytes: 30 });
    progress.finish(6n);
    expect(progress.inHand).toEqual({ events: 2, bytes: 20 });
    progress.finish(5n);
    progress.finish(7n);
    expect(progress.inHand).toEqual({ events: 0, bytes: 0 });
  });

  it('is full while the oldest record holds up ten thousand, until it is finished', () => {
    const progress = new PartitionProgress(0n);
    for (let offset = 0n; offset < 10_000n; offset++) progress.begin(offset, 1);
    expect(progress.full).toBe(true);
    progress.finish(1n);
    expect(progress.full).toBe(true);
    progress.finish(0n);
    expect(progress.full).toBe(false);
    expect(progress.position).toBe(2n);
  });
});
