import type { Result } from '../report.ts';
import { latencies } from '../stats.ts';
import { countBy } from '../tally.ts';

/** Failed calls are among the times: leaving them out would make a platform that fails look quick. */
export function callsResult(name: string, calls: { ms: number; failure?: string }[]): Result {
  const failed = calls.flatMap(({ failure }) => failure ?? []);
  return {
    name,
    n: calls.length,
    ...(calls.length > 0 ? latencies(calls.map(({ ms }) => ms)) : {}),
    errors: failed.length,
    ...(failed.length > 0 ? { failures: countBy(failed) } : {}),
  };
}
