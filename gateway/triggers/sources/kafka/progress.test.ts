import { describe, expect, it } from 'vitest';
import { PartitionProgress } from './progress.ts';

const started = (...offsets: bigint[]) => {
  const progress = new PartitionProgress(offsets[0] ?? 0n);
  for (const offset of offsets) progress.begin(offset);
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
    expect([4n, 5n, 6n, 7n, 8n].map((offset) => progress.begin(offset))).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  it('has no room while the oldest record holds up ten thousand, until it is finished', async () => {
    const progress = new PartitionProgress(0n);
    for (let offset = 0n; offset < 10_000n; offset++) progress.begin(offset);
    const never = new Promise<void>(() => {});
    let room = false;
    const waited = progress.room(never).then(() => {
      room = true;
    });
    progress.finish(1n);
    await Promise.resolve();
    expect(room).toBe(false);
    progress.finish(0n);
    await waited;
    expect(progress.position).toBe(2n);
  });
});
