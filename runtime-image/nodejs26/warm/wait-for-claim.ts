import type { AddressInfo } from 'node:net';
import type { Worker } from 'node:worker_threads';
import { announce } from '../announce/announce.ts';
import { log, setLogFunction } from '../log.ts';
import type { Serving } from '../process/serving.ts';
import { StopSignals } from '../process/stop-signals.ts';
import { startWatchdogThread } from '../process/watchdog.ts';
import { answer, become, type Ready } from './become.ts';
import { type Claim, Claims } from './claims.ts';
import { openClaimPort, type WarmPod } from './pod.ts';
import { Rehearsal } from './rehearsal.ts';

/** Where calls wait for a pod, it is claimed by then. */
const AT_ONCE_MS = 1_000;

/**
 * Opens the claim port, tells the gateways, and gets ready for the rest when nobody claims it at once: where calls wait
 * for a pod, they get it as cheaply as it can be had; everywhere else it is rehearsed long before it is claimed.
 */
export async function waitForClaim(pod: WarmPod): Promise<void> {
  const { host, port, pool, announce: identity } = pod.settings;
  const signals = new StopSignals(() => process.exit(0));
  let watchdog: Worker | undefined;
  setLogFunction(pool);
  const rehearsal = new Rehearsal(pod);
  let serving: Serving | undefined;
  const claims: Claims = new Claims({
    take: async (claim) => {
      await rehearsal.end();
      serving = await take(claim, { pod, claims, claimServer, signals });
      // Before the first call can come: nothing has been waited for since the port is open.
      serving.prepare(watchdog);
      log('info', 'listening', {
        port: serving.port,
        handler: serving.fn.settings.handler,
        startMs: Math.round(performance.now() - claim.receivedAt),
      });
    },
    leaving: () => signals.stopping || serving?.closing === true,
  });
  const claimServer = await openClaimPort(pod, claims);
  const startMs = Math.round(performance.now());
  log('info', 'waiting for a claim', { port: (claimServer.address() as AddressInfo).port, startMs });
  if (identity) await announce(identity, { host, port }, () => claims.taken || signals.stopping);
  await new Promise((resolve) => setTimeout(resolve, AT_ONCE_MS).unref());
  if (claims.taken) return;
  watchdog = startWatchdogThread();
  // A thread's first message takes it a millisecond, which the function's first call would feel.
  watchdog.postMessage(undefined);
  await rehearsal.run();
}

async function take(claim: Claim, ready: Ready): Promise<Serving> {
  try {
    return await become(claim, ready);
  } catch (error) {
    // Not the code's fault. The pod is the function's all the same, and the next container may have better luck.
    log('error', 'the claim failed, exiting', { error });
    await answer(ready.claims, { status: 503 });
    process.exit(1);
  }
}
