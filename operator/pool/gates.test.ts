import type { Pod } from 'kubernetes-types/core/v1.js';
import { expect, it, onTestFinished } from 'vitest';
import { labels } from '#crds/wire/names.ts';
import { KubeError } from '#kube/errors.ts';
import { silentLog } from '#kube/log.ts';
import { createFakeClock } from '#kube/testing/fake-clock.ts';
import { aGatedPod, aWarmPod, POOL } from './fixtures.ts';
import { createGates, type GatesOptions } from './gates.ts';

type Change = { current?: Pod | undefined; previous?: Pod | undefined };

/** A pool with these pods, and an API server that lets them start. */
function stage(...pods: Pod[]) {
  const clock = createFakeClock();
  const demand = { waiting: 0, recent: 0 };
  const opened: string[] = [];
  const world = { pods, failure: undefined as Error | undefined };
  let changed: (change: Change) => void = () => {};
  const labelled = { metadata: { namespace: 'shop', labels: { [labels.pool]: POOL } } };
  const gates = createGates({
    client: {
      async patch(_type: unknown, { name }: { name: string }, body: unknown) {
        if (world.failure) throw world.failure;
        opened.push(`${name} ${JSON.stringify(body)}`);
      },
    } as unknown as GatesOptions['client'],
    caches: {
      poolDeployments: { list: () => [labelled] },
      pods: {
        byIndex: () => world.pods,
        onChange: (listener: typeof changed) => {
          changed = listener;
          return () => {
            changed = () => {};
          };
        },
      },
    } as unknown as GatesOptions['caches'],
    demandOf: () => demand,
    log: silentLog,
    clock,
  });
  const stop = new AbortController();
  const running = gates.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await running;
  });
  return {
    clock,
    gates,
    demand,
    world,
    /** Names of the pods that were let start since this was asked last. */
    async opened() {
      await clock.advance(0);
      return opened.splice(0).map((entry) => entry.split(' ')[0]);
    },
    bodies: () => opened,
    /** The cache shows the pod otherwise. */
    async shows(current: Pod) {
      const previous = world.pods.find(({ metadata }) => metadata?.name === current.metadata?.name);
      world.pods = world.pods.map((pod) => (pod === previous ? current : pod));
      changed({ current, previous });
      await clock.advance(0);
    },
  };
}

const starting = (name: string) => aWarmPod(name, { ready: false });

it('starts a new pool two at a time until it is full', async () => {
  const s = stage(aGatedPod('a'), aGatedPod('b'), aGatedPod('c'));
  expect(await s.opened()).toEqual(['a', 'b']);
  await s.shows(starting('a'));
  await s.shows(starting('b'));
  expect(await s.opened()).toEqual([]);
  await s.shows(aWarmPod('a'));
  expect(await s.opened()).toEqual(['c']);
});

it('then replaces pods one each five seconds, and more as soon as functions wait', async () => {
  const s = stage(aWarmPod('a'), aWarmPod('b'));
  await s.opened();
  s.world.pods = [aWarmPod('a'), ...['b', 'c', 'd', 'e'].map((name) => aGatedPod(name))];
  await s.clock.advance(1_000);
  expect(await s.opened()).toEqual(['b']);
  await s.shows(aWarmPod('b'));
  await s.clock.advance(4_000);
  expect(await s.opened()).toEqual([]);
  await s.clock.advance(1_000);
  expect(await s.opened()).toEqual(['c']);
  s.demand.waiting = 2;
  s.gates.review();
  expect(await s.opened()).toEqual(['d']);
});

it('takes its own gate away and leaves those of others', async () => {
  const s = stage(aGatedPod('a', ['example.com/quota']));
  await s.clock.advance(0);
  expect(s.bodies()).toEqual([
    'a {"metadata":{"uid":"uid-a"},"spec":{"schedulingGates":[{"name":"example.com/quota"}]}}',
  ]);
});

it('tries again when the API server fails', async () => {
  const s = stage(aGatedPod('a'));
  s.world.failure = new KubeError({ status: 503, reason: 'ServiceUnavailable', message: 'later' });
  await s.clock.advance(0);
  s.world.failure = undefined;
  await s.clock.advance(1_000);
  expect(await s.opened()).toEqual(['a']);
});

it('leaves pods alone that are being deleted', async () => {
  const gone = aGatedPod('a');
  const s = stage({ ...gone, metadata: { ...gone.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
  await s.clock.advance(10_000);
  expect(await s.opened()).toEqual([]);
});
