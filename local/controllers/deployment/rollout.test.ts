import type { Deployment, ReplicaSet } from 'kubernetes-types/apps/v1.js';
import { describe, expect, it } from 'vitest';
import { decideReplicas, rolloutBounds } from './rollout.ts';

function deployment(
  replicas: number,
  strategy: NonNullable<Deployment['spec']>['strategy'] = {},
): Deployment {
  return { spec: { replicas, strategy, selector: {}, template: {} } };
}

function set(name: string, replicas: number, available = replicas): ReplicaSet {
  return {
    metadata: { name },
    spec: { replicas, selector: {} },
    status: { replicas, availableReplicas: available },
  };
}

const oneMore = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };

describe('rolloutBounds', () => {
  it.each([
    [4, '25%', '25%', 1, 1],
    [5, '25%', '25%', 2, 1],
    [10, 3, 0, 3, 0],
    [10, 0, 0, 0, 1],
  ])(
    'for %i replicas, surge %s and unavailable %s: %i and %i',
    (replicas, maxSurge, maxUnavailable, surge, missing) => {
      const bounds = rolloutBounds(deployment(replicas, { rollingUpdate: { maxSurge, maxUnavailable } }));
      expect(bounds).toEqual({ maxSurge: surge, maxUnavailable: missing });
    },
  );
});

describe('decideReplicas', () => {
  it('changes nothing when the rollout is done', () => {
    expect(decideReplicas(deployment(3), set('new', 3), [set('old', 0)])).toEqual(new Map());
  });

  it('wakes the only ReplicaSet to all replicas at once', () => {
    expect(decideReplicas(deployment(5), set('new', 0), [])).toEqual(new Map([['new', 5]]));
  });

  it('adds as many new pods as the surge allows and takes none away before they are available', () => {
    expect(decideReplicas(deployment(3, oneMore), set('new', 0), [set('old', 3)])).toEqual(
      new Map([['new', 1]]),
    );
    expect(decideReplicas(deployment(3, oneMore), set('new', 1, 0), [set('old', 3)])).toEqual(new Map());
  });

  it('takes an old pod away once a new one is available', () => {
    expect(decideReplicas(deployment(3, oneMore), set('new', 1), [set('old', 3)])).toEqual(
      new Map([['old', 2]]),
    );
  });

  it('takes unhealthy old pods first, whatever the new ones do', () => {
    const decided = decideReplicas(deployment(3, oneMore), set('new', 1, 0), [set('old', 3, 2)]);
    expect(decided).toEqual(new Map());
    const unhealthy = decideReplicas(deployment(3, oneMore), set('new', 1, 1), [set('old', 3, 2)]);
    expect(unhealthy).toEqual(new Map([['old', 2]]));
  });

  it('empties everything for zero replicas', () => {
    expect(decideReplicas(deployment(0), set('new', 2), [set('old', 1)])).toEqual(
      new Map([
        ['new', 0],
        ['old', 0],
      ]),
    );
  });

  it('waits with Recreate until the old pods are gone', () => {
    const recreate = deployment(2, { type: 'Recreate' });
    expect(decideReplicas(recreate, set('new', 0), [set('old', 2)])).toEqual(new Map([['old', 0]]));
    const ending = { ...set('old', 0), status: { replicas: 1 } };
    expect(decideReplicas(recreate, set('new', 0), [ending])).toEqual(new Map());
    expect(decideReplicas(recreate, set('new', 0), [set('old', 0)])).toEqual(new Map([['new', 2]]));
  });

  it('never has fewer available pods than the strategy promises, nor more than it allows', () => {
    for (const desired of [1, 2, 3, 7]) {
      let [fresh, old] = [set('new', 0), set('old', desired)];
      for (let step = 0; step < 4 * desired && (old.spec?.replicas ?? 0) > 0; step += 1) {
        const decided = decideReplicas(deployment(desired, oneMore), fresh, [old]);
        const [newWanted, oldWanted] = [
          decided.get('new') ?? fresh.spec?.replicas ?? 0,
          decided.get('old') ?? old.spec?.replicas ?? 0,
        ];
        expect(newWanted + oldWanted).toBeLessThanOrEqual(desired + 1);
        expect((fresh.status?.availableReplicas ?? 0) + oldWanted).toBeGreaterThanOrEqual(desired);
        [fresh, old] = [set('new', newWanted), set('old', oldWanted)];
      }
      expect([fresh.spec?.replicas, old.spec?.replicas]).toEqual([desired, 0]);
    }
  });
});
