/** Single events while nothing else happens: from before they are published until the function has them. */
import { setTimeout as delay } from 'node:timers/promises';
import { callsResult } from '../../functions/calls-result.ts';
import type { Result } from '../../report.ts';
import type { Subject } from './subject.ts';
import { watchCalls } from './witness.ts';

const COUNT = 100;
const DISCARDED = 5;
/** For the acknowledgement, so that the next event finds nothing under way. */
const PAUSE_MS = 10;
const NANOS_PER_MS = 1e6;

export async function singleEvents(
  { bed, name }: Subject,
  title: string,
  publish: () => Promise<void>,
): Promise<Result> {
  const witness = watchCalls(bed, name);
  const events: { ms: number }[] = [];
  try {
    let { count } = await witness.after(-1);
    for (let run = -DISCARDED; run < COUNT; run++) {
      const next = witness.after(count);
      const publishedAt = process.hrtime.bigint();
      const [arrival] = await Promise.all([next, publish()]);
      count = arrival.count;
      if (run >= 0) events.push({ ms: Number(arrival.at - publishedAt) / NANOS_PER_MS });
      await delay(PAUSE_MS);
    }
  } finally {
    witness.close();
  }
  return callsResult(title, events);
}
