import type { Server } from 'node:http';
import { loadFunction } from '../process/load-function.ts';
import { Serving } from '../process/serving.ts';
import type { StopSignals } from '../process/stop-signals.ts';
import { describeUnloadable, exitUnloadable } from '../process/unloadable.ts';
import type { Claim, Claims, Outcome } from './claims.ts';
import { moveIn, type WarmPod } from './pod.ts';

/** How long the end of the process waits for claimers to be told. */
const ANSWER_LIMIT_MS = 1_000;

/** What was made ready for whichever function comes. */
export interface Ready {
  readonly pod: WarmPod;
  readonly claims: Claims;
  readonly claimServer: Server;
  readonly signals: Pick<StopSignals, 'handOver'>;
}

/**
 * From a claim to a function that takes calls, by the same way as in a pod of its own. The spec is kept first: from
 * then on the pod is the function's, and a container that crashes starts again as such.
 *
 * @throws what has nothing to do with the function's code: no memory for files, a port that is taken
 */
export async function become({ spec, body, receivedAt }: Claim, ready: Ready): Promise<Serving> {
  const { pod, claims, claimServer, signals } = ready;
  // A signal from now on waits for the claim, and is then that of a function in service.
  signals.handOver(() => undefined);
  claimServer.unref();
  pod.launch.keep(body);
  moveIn(spec, pod);
  const fn = await loadFunction(pod.process.env, (error) => {
    void claims.settle(unloadable(error));
    exitUnloadable(error);
  }).catch(async (error): Promise<never> => {
    await answer(claims, unloadable(error));
    exitUnloadable(error);
  });
  const serving = new Serving(fn);
  await serving.listen(pod.process);
  void claims.settle({ status: 200, body: { loadMs: performance.now() - receivedAt } });
  signals.handOver(() => serving.stop());
  return serving;
}

/** Tells the claimers, who must know before they see the connection break. Keeps the process alive meanwhile. */
export async function answer(claims: Claims, outcome: Outcome): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ANSWER_LIMIT_MS);
  await Promise.race([claims.settle(outcome), late]);
  clearTimeout(timer);
}

function unloadable(error: unknown): Outcome {
  return { status: 422, body: describeUnloadable(error) };
}
