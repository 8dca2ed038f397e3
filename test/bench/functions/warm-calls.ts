/** Calls to a function that is awake, one after the other: what the same client, machine and code do without a start. */
import type { Bed } from '../bed.ts';
import type { Result } from '../report.ts';
import { createCaller } from './call.ts';
import { callsResult } from './calls-result.ts';
import { refuseHopeless } from './hopeless.ts';

const COUNT = 100;
const DISCARDED = 5;

export async function warmCalls(title: string, bed: Bed, functionName: string): Promise<Result> {
  const caller = createCaller(bed);
  try {
    const calls: { ms: number; failure?: string }[] = [];
    for (let run = -DISCARDED; run < COUNT; run++) {
      const { ms, failure } = await caller.call(functionName);
      if (run >= 0) calls.push({ ms, failure });
      refuseHopeless(calls.map((call) => call.failure));
    }
    return callsResult(title, calls);
  } finally {
    caller.close();
  }
}
