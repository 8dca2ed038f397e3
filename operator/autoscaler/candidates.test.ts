import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { expect, it } from 'vitest';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import type { Change } from '#kube/watcher.ts';
import { aBorrowedPod, aDeployment, aFunction, inlineSpec } from '../function/fixtures.ts';
import { trackCandidates } from './candidates.ts';

const KEY = 'shop/hello';
const asleep = { revision: 'r', loadedRevision: 'r' };
const loadFailed = {
  revision: 'r',
  conditions: [
    { type: 'Ready', status: 'False' as const, reason: 'LoadFailed', message: '', lastTransitionTime: '' },
  ],
};

function track(fn: CatnapFunction, replicas: number, borrowed: Pod[] = []) {
  let pods = borrowed;
  let deployment = labelled(replicas);
  const changed: {
    fn?: (change: Change<CatnapFunction>) => void;
    deployment?: (change: Change<Deployment>) => void;
    pod?: (change: Change<Pod>) => void;
  } = {};
  const candidates = trackCandidates({
    functions: {
      get: () => fn,
      list: () => [fn],
      onChange(listener) {
        changed.fn = listener;
        return () => {};
      },
    },
    deployments: {
      get: () => deployment,
      onChange(listener) {
        changed.deployment = listener;
        return () => {};
      },
    },
    pods: {
      byIndex: () => pods,
      onChange(listener) {
        changed.pod = listener;
        return () => {};
      },
    },
  });
  return {
    keys: () => [...candidates.keys()],
    scale(to: number) {
      const previous = deployment;
      deployment = labelled(to);
      changed.deployment?.({ key: 'shop/fn-hello', current: deployment, previous });
    },
    lend(pod: Pod) {
      pods = [pod];
      changed.pod?.({ key: 'shop/warm-1', current: pod });
    },
    takeBack(pod: Pod) {
      pods = [];
      changed.pod?.({ key: 'shop/warm-1', previous: pod });
    },
    remove: () => changed.fn?.({ key: KEY, previous: fn }),
  };
}

function scheduled(status: CatnapFunction['status']): CatnapFunction {
  const night = { name: 'night', start: '0 22 * * *', durationMinutes: 60, timeZone: 'UTC', minReplicas: 2 };
  const scaling = { ...inlineSpec().scaling, schedules: [night] };
  return aFunction({ status: { ...asleep, ...status }, spec: inlineSpec({ scaling }) });
}

function labelled(replicas: number): Deployment {
  return aDeployment(replicas, { metadata: { labels: { 'catnap.dev/function': 'hello' } } });
}

it.each<[string, CatnapFunction, number, string[]]>([
  ['has replicas', aFunction({ status: asleep }), 2, [KEY]],
  ['sleeps', aFunction({ status: asleep }), 0, []],
  ['waits for verification', aFunction({ status: { revision: 'r' } }), 0, [KEY]],
  ['failed to load and was put to rest', aFunction({ status: loadFailed }), 0, []],
  [
    'has a minimum',
    aFunction({ status: asleep, spec: inlineSpec({ scaling: { ...inlineSpec().scaling, minReplicas: 1 } }) }),
    0,
    [KEY],
  ],
  ['has an open schedule', scheduled({ minReplicas: 2, openSchedules: ['night'] }), 0, [KEY]],
  ['has a closed schedule', scheduled({ minReplicas: 0, openSchedules: [] }), 0, []],
])('decides whether to look at a function that %s', (_what, fn, replicas, expected) => {
  expect(track(fn, replicas).keys()).toEqual(expected);
});

it('follows the scale, and forgets what is deleted', () => {
  const tracked = track(aFunction({ status: asleep }), 0);
  tracked.scale(1);
  expect(tracked.keys()).toEqual([KEY]);
  tracked.scale(0);
  expect(tracked.keys()).toEqual([]);
  tracked.scale(1);
  tracked.remove();
  expect(tracked.keys()).toEqual([]);
});

it('looks at a function with pods from a pool, also those that were there before', () => {
  const pod = aBorrowedPod('r');
  const tracked = track(aFunction({ status: asleep }), 0);
  tracked.lend(pod);
  expect(tracked.keys()).toEqual([KEY]);
  tracked.takeBack(pod);
  expect(tracked.keys()).toEqual([]);
  expect(track(aFunction({ status: asleep }), 0, [pod]).keys()).toEqual([KEY]);
});
