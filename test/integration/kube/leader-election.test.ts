import { afterEach, beforeEach, expect, it } from 'vitest';
import { createKubeClient, type KubeClient } from '#kube/client.ts';
import { runWithLeadership } from '#kube/leader-election.ts';
import { leases } from '#kube/resource.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { startTestApi, type TestApi } from './api.ts';

let api: TestApi;
const stops: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await api.stop();
});

interface Candidate {
  leading: boolean;
  lost: boolean;
  stop(): Promise<void>;
  /** Its connection breaks, and stays broken. */
  cutOff(): void;
}

function candidate(identity: string, leaseDurationMs: number, renewDeadlineMs: number): Candidate {
  const client = createKubeClient({ component: 'test', kubeConfig: api.kubeConfig });
  const controller = new AbortController();
  let reachable = true;
  const guarded =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (!reachable) throw new Error('cut off');
      return call(...args);
    };
  const state: Candidate = {
    leading: false,
    lost: false,
    cutOff() {
      reachable = false;
    },
    async stop() {
      controller.abort();
      await finished;
      await client.close();
    },
  };
  const finished = runWithLeadership({
    client: {
      get: guarded(client.get) as KubeClient['get'],
      create: guarded(client.create) as KubeClient['create'],
      update: guarded(client.update) as KubeClient['update'],
    },
    namespace: api.namespace,
    name: 'test-leader',
    identity,
    leaseDurationMs,
    renewDeadlineMs,
    retryPeriodMs: 200,
    signal: controller.signal,
    lead: (signal) =>
      new Promise((resolve) => {
        state.leading = true;
        signal.addEventListener('abort', () => {
          state.leading = false;
          resolve();
        });
      }),
    onLost() {
      state.lost = true;
    },
  });
  stops.push(() => state.stop());
  return state;
}

const leads = (who: Candidate) =>
  waitFor(() => who.leading, { timeoutMs: 20_000, describe: 'a leader', intervalMs: 10 });

it('another candidate leads soon after the leader stopped in good order', async () => {
  // So long that only a release explains a new leader.
  const a = candidate('a', 60_000, 40_000);
  await leads(a);
  const b = candidate('b', 60_000, 40_000);
  await a.stop();
  await leads(b);
  const lease = await api.client.get(leases, { namespace: api.namespace, name: 'test-leader' });
  expect(lease.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
});

it('a leader that is cut off gives up before another one leads', async () => {
  const a = candidate('a', 4_000, 2_500);
  await leads(a);
  const b = candidate('b', 4_000, 2_500);
  let together = false;
  const observer = setInterval(() => {
    together ||= a.leading && b.leading;
  }, 1);
  try {
    await renewal();
    a.cutOff();
    await leads(b);
  } finally {
    clearInterval(observer);
  }
  expect([a.lost, a.leading, together]).toEqual([true, false, false]);
});

/** Resolves when the Lease has been renewed since the call. */
async function renewal(): Promise<void> {
  const renewTime = async () => {
    const lease = await api.client.get(leases, { namespace: api.namespace, name: 'test-leader' });
    return lease.spec?.renewTime;
  };
  const first = await renewTime();
  await waitFor(async () => (await renewTime()) !== first, { timeoutMs: 10_000, describe: 'a renewal' });
}
