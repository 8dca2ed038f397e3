/** What became of the calls of one lane. */
import type { Result } from '../../report.ts';
import { latencies } from '../../stats.ts';
import { countBy } from '../../tally.ts';

export interface LaneTally {
  /** @param failure undefined for a good call */
  add(ms: number, failure: string | undefined): void;
  /** A call was sent again because its kept connection had been closed before a byte of the answer. */
  addRepeat(): void;
  readonly repeats: number;
  result(name: string): Result;
}

export function createLaneTally(): LaneTally {
  const times: number[] = [];
  const failures: string[] = [];
  let repeats = 0;
  return {
    add(ms, failure) {
      if (failure === undefined) times.push(ms);
      else failures.push(failure);
    },
    addRepeat() {
      repeats++;
    },
    get repeats() {
      return repeats;
    },
    result: (name) => ({
      name,
      n: times.length + failures.length,
      ...(times.length > 0 ? latencies(times) : {}),
      errors: failures.length,
      ...(failures.length > 0 ? { failures: countBy(failures) } : {}),
    }),
  };
}
