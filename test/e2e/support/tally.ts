/** Counts calls under load and says in one line what became of them. */
import type { Exchange } from './exchange.ts';

export interface Failure {
  /** How the call ended: a kind of broken exchange, or the status with the type of the problem. */
  kind: string;
  /** What the call was: over a kept connection, over one of its own, or asynchronous. */
  way: string;
  /** When it ended, as performance.now(). */
  at: number;
}

export interface Tally {
  readonly calls: number;
  readonly failures: Failure[];
  /** Calls repeated because the kept connection had been closed before a byte of the answer came. */
  readonly repeats: number;
  add(way: string, startedAt: number, result: Exchange, expected: number): void;
  addRepeat(): void;
  summary(): string;
}

export function createTally(): Tally {
  const latencies: number[] = [];
  const failures: Failure[] = [];
  let calls = 0;
  let repeats = 0;
  return {
    get calls() {
      return calls;
    },
    failures,
    get repeats() {
      return repeats;
    },
    add(way, startedAt, result, expected) {
      calls++;
      const at = performance.now();
      if ('status' in result && result.status === expected) latencies.push(at - startedAt);
      else failures.push({ kind: describe(result), way, at });
    },
    addRepeat() {
      repeats++;
    },
    summary() {
      const kinds = Object.entries(Object.groupBy(failures, ({ way, kind }) => `${way} ${kind}`));
      const list = kinds.map(([kind, found]) => `${found?.length} × ${kind}`).join(', ');
      const worst = latencies.reduce((max, value) => Math.max(max, value), 0);
      return [
        `calls ${calls}, failed ${failures.length}${list && ` (${list})`}`,
        ...(repeats > 0
          ? [`${repeats} repeated on a new connection, the kept one having been closed idle`]
          : []),
        `slowest ${Math.round(worst)} ms`,
      ].join('; ');
    },
  };
}

/** `503 queue-full`, or how the exchange broke. */
function describe(result: Exchange): string {
  if ('broken' in result) return result.broken;
  const type = /"type":"[^"]*\/([\w-]+)"/.exec(result.text)?.[1];
  return type ? `${result.status} ${type}` : String(result.status);
}
