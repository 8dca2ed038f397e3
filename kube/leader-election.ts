/**
 * Leader election through a Lease.
 *
 * Observes and writes one Lease. A holder counts as gone when its record has not changed for the lease
 * duration as measured here by the monotonic clock; times in the record are never compared with ours.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Lease, LeaseSpec } from 'kubernetes-types/coordination/v1.js';
import type { KubeClient } from './client.ts';
import { type Clock, microTime, sleep, systemClock } from './clock.ts';
import { isAlreadyExists, isConflict, isNotFound } from './errors.ts';
import { describeError, type Log, silentLog } from './log.ts';
import { leases } from './resource.ts';

export interface LeadershipOptions {
  client: Pick<KubeClient, 'get' | 'create' | 'update'>;
  namespace: string;
  /** Of the Lease. No default, so that two programs never share one by accident. */
  name: string;
  /** Default: HOST_UUID. */
  identity?: string;
  /**
   * What only the leader does. `signal` aborts when leading ends; the lease is released after the promise
   * settled. If it ends by itself, so does the leadership.
   */
  lead(signal: AbortSignal): Promise<void>;
  /** The lease was lost while leading: somebody else may lead now. The process should exit at once. */
  onLost(): void;
  /** Ends the candidacy, and the leadership in good order. */
  signal: AbortSignal;
  leaseDurationMs?: number;
  renewDeadlineMs?: number;
  retryPeriodMs?: number;
  log?: Log;
  /** For `leader_election_master_status`. */
  observe?: { leading(leading: boolean): void };
  clock?: Clock;
  random?: () => number;
}

/** A name for this process that no other has. */
export function processIdentity(): string {
  return `${hostname()}_${randomUUID()}`;
}

/**
 * Waits for the lease, then leads. Resolves after `signal` aborted or `lead` ended and the lease was
 * released; resolves after `onLost`, too.
 *
 * @throws TypeError for durations that cannot work; whatever `lead` rejects with
 */
export async function runWithLeadership(options: LeadershipOptions): Promise<void> {
  const elector = createElector(options);
  const { signal } = options;
  while (!signal.aborted && !(await elector.tryToHold())) {
    await elector.pause(signal);
  }
  if (!elector.holds()) return;
  if (signal.aborted) return elector.release();
  await leadWhileHolding(options, elector);
}

async function leadWhileHolding(options: LeadershipOptions, elector: Elector): Promise<void> {
  const { log = silentLog, observe, signal } = options;
  const work = new AbortController();
  const done = new AbortController();
  const stopWork = () => work.abort(signal.reason);
  signal.addEventListener('abort', stopWork, { once: true });
  observe?.leading(true);
  log.info({ lease: options.name, identity: elector.identity }, 'leading');
  const renewing = elector.renewUntil(done.signal, () => {
    observe?.leading(false);
    log.error({ lease: options.name, identity: elector.identity }, 'leadership lost');
    work.abort(new Error('Leadership lost'));
    options.onLost();
  });
  try {
    await options.lead(work.signal);
  } finally {
    signal.removeEventListener('abort', stopWork);
    done.abort();
    // A renewal under way would bring the lease back after its release.
    const lost = await renewing;
    if (!lost) {
      observe?.leading(false);
      await elector.release();
    }
  }
}

interface Elector {
  readonly identity: string;
  holds(): boolean;
  /** One attempt to get or keep the lease; never rejects. */
  tryToHold(): Promise<boolean>;
  pause(signal: AbortSignal): Promise<void>;
  /** Renews until `signal` aborts; true if the lease was lost before, after calling `onLost`. */
  renewUntil(signal: AbortSignal, onLost: () => void): Promise<boolean>;
  release(): Promise<void>;
}

/** What is known of the lease, and since when it has looked like that. */
interface Observation {
  lease: Lease;
  at: number;
}

function createElector(options: LeadershipOptions): Elector {
  const { client, namespace, name, log = silentLog, clock = systemClock, random = Math.random } = options;
  const { identity = processIdentity() } = options;
  const durations = durationsOf(options);
  const timeoutMs = durations.renewDeadlineMs / 2;
  let observed: Observation | undefined;
  let lastHolder: string | undefined;

  const observe = (lease: Lease, at: number) => {
    const unchanged = observed !== undefined && sameRecord(observed.lease.spec, lease.spec);
    observed = { lease, at: unchanged && observed !== undefined ? observed.at : at };
    const holder = lease.spec?.holderIdentity || undefined;
    if (holder !== undefined && holder !== lastHolder) log.info({ lease: name, holder }, 'lease holder');
    lastHolder = holder ?? lastHolder;
  };

  const holds = () => observed?.lease.spec?.holderIdentity === identity;

  const expired = ({ lease, at }: Observation): boolean => {
    const { holderIdentity, leaseDurationSeconds = durations.leaseDurationMs / 1000 } = lease.spec ?? {};
    return !holderIdentity || clock.monotonic() >= at + leaseDurationSeconds * 1000;
  };

  const attempt = async (): Promise<boolean> => {
    // Taken before the call: the others' clocks cannot have started later than this.
    const startedAt = clock.monotonic();
    if (!holds()) {
      const lease = await client
        .get(leases, { namespace, name }, { timeoutMs })
        .catch((error: unknown) => (isNotFound(error) ? undefined : Promise.reject(error)));
      if (lease === undefined) {
        const created = { metadata: { namespace, name }, spec: nextSpec(undefined) };
        observe(await client.create(leases, created, { timeoutMs }), startedAt);
        return true;
      }
      observe(lease, clock.monotonic());
    }
    if (observed === undefined || !(holds() || expired(observed))) return false;
    const lease = { ...observed.lease, spec: nextSpec(observed.lease.spec) };
    observe(await client.update(leases, lease, { timeoutMs }), startedAt);
    return true;
  };

  const nextSpec = (previous: LeaseSpec | undefined): LeaseSpec => {
    const now = microTime(clock.now());
    const keeps = previous?.holderIdentity === identity;
    const transitions = previous?.leaseTransitions ?? 0;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: durations.leaseDurationMs / 1000,
      acquireTime: keeps ? previous?.acquireTime : now,
      renewTime: now,
      leaseTransitions: keeps || previous === undefined ? transitions : transitions + 1,
    };
  };

  const tryToHold = async (): Promise<boolean> => {
    try {
      return await attempt();
    } catch (error) {
      const raced = isConflict(error) || isAlreadyExists(error);
      log[raced ? 'debug' : 'warn']({ lease: name, ...describeError(error) }, 'lease not written');
      // Somebody wrote it meanwhile: the next attempt must look first.
      if (raced) await lookAgain();
      return false;
    }
  };

  const lookAgain = async () => {
    try {
      observe(await client.get(leases, { namespace, name }, { timeoutMs }), clock.monotonic());
    } catch (error) {
      log.debug({ lease: name, ...describeError(error) }, 'lease not read');
    }
  };

  return {
    identity,
    holds,
    tryToHold,
    pause: (signal) => sleep(clock, durations.retryPeriodMs * (1 + 0.2 * random()), signal),
    async renewUntil(signal, onLost) {
      let renewedAt = observed?.at ?? clock.monotonic();
      while (!signal.aborted) {
        await sleep(clock, durations.retryPeriodMs, signal);
        if (signal.aborted) break;
        const deadline = renewedAt + durations.renewDeadlineMs;
        const startedAt = clock.monotonic();
        // Checked before the call as well: this process may have stood still.
        const renewed = startedAt < deadline && (await within(clock, tryToHold(), deadline));
        if (renewed) renewedAt = startedAt;
        else if (!holds() || clock.monotonic() >= deadline) {
          onLost();
          return true;
        }
      }
      return false;
    },
    async release() {
      if (!holds() || observed === undefined) return;
      const spec = { ...observed.lease.spec, holderIdentity: '', leaseDurationSeconds: 1 };
      try {
        await client.update(leases, { ...observed.lease, spec }, { timeoutMs });
        log.info({ lease: name, identity }, 'lease released');
      } catch (error) {
        log.warn({ lease: name, ...describeError(error) }, 'lease not released, it will expire');
      }
      observed = undefined;
    },
  };
}

/** The promise's value, or false once the monotonic clock reads `deadline`. */
function within(clock: Clock, promise: Promise<boolean>, deadline: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.after(deadline - clock.monotonic(), () => resolve(false));
    promise.then((value) => {
      cancel();
      resolve(value);
    });
  });
}

function sameRecord(a: LeaseSpec | undefined, b: LeaseSpec | undefined): boolean {
  return (
    a?.holderIdentity === b?.holderIdentity &&
    a?.renewTime === b?.renewTime &&
    a?.acquireTime === b?.acquireTime &&
    a?.leaseTransitions === b?.leaseTransitions &&
    a?.leaseDurationSeconds === b?.leaseDurationSeconds
  );
}

function durationsOf(options: LeadershipOptions) {
  const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2_000 } = options;
  if (leaseDurationMs <= renewDeadlineMs) {
    throw new TypeError('leaseDurationMs must be more than renewDeadlineMs, or two could lead at once');
  }
  if (leaseDurationMs % 1000 !== 0) throw new TypeError('leaseDurationMs must be whole seconds');
  if (renewDeadlineMs <= retryPeriodMs * 1.2) {
    throw new TypeError('renewDeadlineMs must be more than 1.2 times retryPeriodMs, to allow for a retry');
  }
  return { leaseDurationMs, renewDeadlineMs, retryPeriodMs };
}
