/** A clock that moves when a test says so. */
import type { Clock } from '../clock.ts';

export interface FakeClock extends Clock {
  /** Moves time on, running what falls due in order, and lets everything that follows from it settle. */
  advance(ms: number): Promise<void>;
  /** Moves the monotonic time without running timers: the process stood still. */
  freeze(ms: number): void;
  /** Moves only the wall clock, as an administrator would. */
  setWallClock(epochMs: number): void;
  readonly timers: number;
}

export function createFakeClock(epochMs = Date.parse('2026-01-01T00:00:00Z')): FakeClock {
  let elapsed = 0;
  let offset = epochMs;
  let sequence = 0;
  const timers = new Map<number, { at: number; run: () => void }>();
  const settle = async () => {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  const nextDue = (until: number) =>
    [...timers.entries()].filter(([, timer]) => timer.at <= until).sort((a, b) => a[1].at - b[1].at)[0];
  return {
    now: () => offset + elapsed,
    monotonic: () => elapsed,
    after(ms, run) {
      const id = ++sequence;
      timers.set(id, { at: elapsed + Math.max(ms, 0), run });
      return () => timers.delete(id);
    },
    async advance(ms) {
      await settle();
      const until = elapsed + ms;
      for (let due = nextDue(until); due !== undefined; due = nextDue(until)) {
        const [id, timer] = due;
        timers.delete(id);
        elapsed = Math.max(elapsed, timer.at);
        timer.run();
        await settle();
      }
      elapsed = Math.max(elapsed, until);
    },
    freeze(ms) {
      elapsed += ms;
    },
    setWallClock(wall) {
      offset = wall - elapsed;
    },
    get timers() {
      return timers.size;
    },
  };
}
