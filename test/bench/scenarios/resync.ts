/** How long the operator takes from its stop until it has looked at every function again. */
import { waitFor } from '#test/harness/wait-for.ts';
import type { Bed } from '../bed.ts';
import { sumOf } from '../metrics.ts';

const TIMEOUT_MS = 10 * 60_000;
const LOOK_EACH_MS = 100;

/** In ms; undefined where the operator cannot be restarted from here. */
export async function timedResync(bed: Bed, functionCount: number): Promise<number | undefined> {
  if (!bed.restartOperator) return undefined;
  const started = performance.now();
  await bed.restartOperator();
  await waitFor(async () => (await operatorMetrics(bed)).some((text) => isDone(text, functionCount)), {
    timeoutMs: TIMEOUT_MS,
    describe: `an operator to lead and to have looked at ${functionCount} functions`,
    intervalMs: LOOK_EACH_MS,
  });
  return performance.now() - started;
}

/** Of those that answer: the others are on their way up. */
async function operatorMetrics(bed: Bed): Promise<string[]> {
  const urls = (await bed.processes())
    .filter(({ part }) => part === 'operator')
    .map(({ controlUrl }) => controlUrl);
  const answers = await Promise.allSettled(urls.map((url) => read(`${url}/metrics`)));
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
}

async function read(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
  return response.text();
}

/** Leads, has nothing in any queue, and has reconciled at least once for each function. */
function isDone(text: string, functionCount: number): boolean {
  return (
    sumOf(text, 'leader_election_master_status') === 1 &&
    sumOf(text, 'workqueue_depth') === 0 &&
    sumOf(text, 'controller_runtime_active_workers') === 0 &&
    sumOf(text, 'controller_runtime_reconcile_total', { controller: 'function' }) >= functionCount
  );
}
