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

function candidate(identity: string): Candidate {
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
    leaseDurationMs: 2_000,
    renewDeadlineMs: 1_200,
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

const leads = (who: Candidate, timeoutMs: number) =>
  waitFor(() => who.leading, { timeoutMs, describe: 'a leader', intervalMs: 10 });

it('another candidate leads soon after the leader stopped in good order', async () => {
  const a = candidate('a');
  await leads(a, 2_000);
  const b = candidate('b');
  await a.stop();
  const released = performance.now();
  await leads(b, 2_000);
  expect(performance.now() - released).toBeLessThan(1_500);
  const lease = await api.client.get(leases, { namespace: api.namespace, name: 'test-leader' });
  expect(lease.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
});

it('a leader that is cut off gives up before another one leads', async () => {
  const a = candidate('a');
  await leads(a, 2_000);
  const b = candidate('b');
  // Long enough for b to see renewals, so that it counts from the last one.
  const first = await api.client.get(leases, { namespace: api.namespace, name: 'test-leader' });
  await waitFor(
    async () => {
      const now = await api.client.get(leases, { namespace: api.namespace, name: 'test-leader' });
      return now.spec?.renewTime !== first.spec?.renewTime;
    },
    { timeoutMs: 3_000, describe: 'a renewal' },
  );
  let together = false;
  const observer = setInterval(() => {
    together ||= a.leading && b.leading;
  }, 1);
  try {
    a.cutOff();
    await leads(b, 6_000);
  } finally {
    clearInterval(observer);
  }
  expect([a.lost, a.leading, together]).toEqual([true, false, false]);
});
