import { log } from '../log.ts';
import type { AnnounceSettings } from '../settings.ts';
import { resolveGateways } from './gateways.ts';
import { announcementText, sendAnnouncement } from './send.ts';

/** Pauses between attempts, in ms. With the attempts themselves it ends within about three seconds. */
const PAUSES_MS = [25, 75, 150, 300, 600, 1_000];
const ATTEMPT_TIMEOUT_MS = 500;
const LIMIT_MS = 3_000;

/**
 * Tells every gateway that this pod listens, so that they need not wait until Kubernetes reports it. Whatever goes
 * wrong, the pod serves all the same: errors end in one line of the log, and nothing here keeps the process alive.
 *
 * @param host the address that connections have to come from, if there is one
 * @param stopped the pod wants no more calls
 */
export async function announce(
  identity: AnnounceSettings,
  { host, port }: { host: string | undefined; port: number },
  stopped: () => boolean,
): Promise<void> {
  const giveUpAt = performance.now() + LIMIT_MS;
  const persist = (attempt: () => Promise<string | undefined>) => repeat(attempt, giveUpAt, stopped);
  let gateways: Awaited<ReturnType<typeof resolveGateways>> = [];
  const lookup = await persist(async () => {
    gateways = await resolveGateways(identity.url, host);
    return undefined;
  });
  const text = announcementText(identity, port);
  const failures = await Promise.all(
    gateways.map(async (gateway) => {
      const failure = await persist(() => sendAnnouncement(gateway, text, host, ATTEMPT_TIMEOUT_MS));
      return failure && `${gateway.address}: ${failure}`;
    }),
  );
  const errors = [lookup, ...failures].filter((failure) => failure !== undefined);
  if (errors.length > 0 && !stopped()) {
    log('warn', 'gateways could not be told that this pod listens; they will learn it from Kubernetes', {
      errors,
    });
  }
}

/** Tries until `attempt` returns instead of throwing; what it returns, or why it threw last. */
async function repeat(
  attempt: () => Promise<string | undefined>,
  giveUpAt: number,
  stopped: () => boolean,
): Promise<string | undefined> {
  for (let i = 0; ; i++) {
    try {
      return await attempt();
    } catch (error) {
      const pauseMs = PAUSES_MS[i];
      if (pauseMs === undefined || performance.now() + pauseMs > giveUpAt || stopped()) {
        return error instanceof Error ? error.message : String(error);
      }
      await pause(pauseMs);
      if (stopped()) return undefined;
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
