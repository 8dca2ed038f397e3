import { describe, expect, it } from 'vitest';
import { Room } from './room.ts';

/** After so long it may be asked again, which it last was at 0. */
function pauseOf(room: Room): number {
  return Array.from({ length: 200 }, (_, ms) => ms).findIndex((ms) => room.isDue(ms, 0));
}

describe('Room', () => {
  it('has no limit until the pod refuses a call', () => {
    const room = new Room();
    expect([room.isLimited, room.limit]).toEqual([false, Number.POSITIVE_INFINITY]);
    room.refused(7, 0);
    expect([room.isLimited, room.limit]).toEqual([true, 6]);
  });

  it('comes down to what runs when several calls are refused, each given back before the next', () => {
    const room = new Room();
    for (const inFlight of [10, 9, 8]) room.refused(inFlight, 0);
    expect(room.limit).toBe(7);
  });

  it('offers one call, and twice as many each time that none is refused, until the pod is its own', () => {
    const room = new Room();
    room.refused(3, 0);
    const limits = [1, 2, 3, 4, 5].map(() => {
      room.grow(20, 0);
      return room.limit;
    });
    expect(limits).toEqual([3, 5, 9, 17, 20]);
    room.grow(20, 0);
    expect(room.isLimited).toBe(false);
  });

  it.each([
    [5, 20],
    [1, 1],
  ])('asks less and less often while one of %i calls is refused, of %i that may run', (inFlight, most) => {
    const room = new Room();
    const pauses = [1, 2, 3, 4, 5].map(() => {
      room.refused(inFlight, 0);
      const pauseMs = pauseOf(room);
      room.grow(most, 0);
      return pauseMs;
    });
    expect([pauses, room.limit]).toEqual([[20, 40, 80, 80, 80], inFlight]);
    room.grow(most, 0);
    expect(pauseOf(room)).toBe(20);
  });

  it('starts afresh when it is forgotten', () => {
    const room = new Room();
    room.refused(5, 0);
    room.grow(20, 0);
    room.forget();
    room.refused(5, 0);
    room.grow(20, 0);
    expect(room.limit).toBe(5);
  });
});
