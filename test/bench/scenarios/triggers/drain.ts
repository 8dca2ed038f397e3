/** Taking all that a source holds. */
import { waitFor } from '#test/harness/wait-for.ts';
import { meterPart } from '../../processes.ts';
import type { Result } from '../../report.ts';
import { round } from '../../stats.ts';
import { metricsOf, type Subject } from './subject.ts';

/** The first trigger of an installation waits for ten seconds before a gateway may own it. */
const BEGIN_TIMEOUT_MS = 60_000;
const DRAIN_TIMEOUT_MS = 300_000;
/** Each look costs the gateway a millisecond or two. */
const LOOK_MS = 50;

interface Progress {
  atMs: number;
  /** Events that are acknowledged, or about to be. */
  done: number;
  errors: number;
}

export interface Drained {
  title: string;
  /** Name of the trigger. */
  trigger: string;
  /** Events that the source holds. */
  count: number;
}

/** From the first event that is done to the last. Called before the trigger starts. */
export async function drain({ processes }: Subject, { title, trigger, count }: Drained): Promise<Result> {
  const progress = async (): Promise<Progress> => {
    const sum = await metricsOf(processes);
    const events = (result: string) => sum('catnap_trigger_events_total', { trigger, result });
    const deadLetters = events('dead_lettered');
    const done = events('succeeded') + deadLetters;
    return { atMs: performance.now(), done, errors: deadLetters + events('retried') };
  };
  const until = (wanted: number, timeoutMs: number) => {
    const isReached = async () => {
      const now = await progress();
      if (now.done < wanted) throw new Error(`${now.done} are done`);
      return now;
    };
    const describe = `${wanted} events of ${trigger} to be done`;
    return waitFor(isReached, { timeoutMs, describe, intervalMs: LOOK_MS });
  };
  const first = await until(1, BEGIN_TIMEOUT_MS);
  const cpu = meterPart(processes, 'gateway');
  const last = await until(count, DRAIN_TIMEOUT_MS);
  const n = last.done - first.done;
  if (n === 0) throw new Error(`all ${count} events were done at the first look: --count must be larger`);
  return {
    name: title,
    n,
    rps: round(n / ((last.atMs - first.atMs) / 1000)),
    rps_per_gateway_core: round(n / cpu()),
    errors: last.errors,
  };
}
