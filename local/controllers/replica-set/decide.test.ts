import type { ReplicaSet } from 'kubernetes-types/apps/v1.js';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import { decideReplicaSet } from './decide.ts';
import { byDeletionOrder } from './ranking.ts';

const NOW = Date.parse('2026-01-01T00:01:00Z');

function replicaSet(replicas: number, minReadySeconds = 0): ReplicaSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web', namespace: 'shop', uid: 'rs', generation: 3 },
    spec: { replicas, minReadySeconds, selector: { matchLabels: { app: 'web' } } },
  };
}

interface PodOptions {
  owner?: string;
  app?: string;
  ready?: string;
  phase?: string;
  deleted?: boolean;
  node?: string;
}

function pod(
  name: string,
  { owner = 'rs', app = 'web', ready, phase = 'Running', deleted, node = 'n' }: PodOptions = {},
): Pod {
  const reference = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: owner, controller: true };
  return {
    metadata: {
      name,
      uid: name,
      labels: { app },
      ownerReferences: owner === '' ? [] : [reference],
      ...(deleted ? { deletionTimestamp: '2026-01-01T00:00:30Z' } : {}),
    },
    spec: { containers: [], nodeName: node },
    status: {
      phase,
      conditions: ready ? [{ type: 'Ready', status: 'True', lastTransitionTime: ready }] : [],
    },
  };
}

const names = (pods: Pod[]) => pods.map(({ metadata }) => metadata?.name);

describe('decideReplicaSet', () => {
  it('creates what is missing; pods that ended or go do not count', () => {
    const pods = [pod('a'), pod('b', { deleted: true }), pod('c', { phase: 'Failed' })];
    expect(decideReplicaSet(replicaSet(3), pods, NOW)).toMatchObject({ create: 2, remove: [] });
  });

  it('adopts orphans that match and releases pods that no longer do', () => {
    const plan = decideReplicaSet(
      replicaSet(2),
      [pod('orphan', { owner: '' }), pod('lost', { app: 'other' }), pod('a')],
      NOW,
    );
    expect([names(plan.adopt), names(plan.release), plan.create]).toEqual([['orphan'], ['lost'], 0]);
  });

  it('leaves the pods of others alone', () => {
    const plan = decideReplicaSet(replicaSet(0), [pod('foreign', { owner: 'other' })], NOW);
    expect([names(plan.adopt), names(plan.remove)]).toEqual([[], []]);
  });

  it('replaces a pod that was given other labels and another owner, and leaves that one alone', () => {
    const taken = pod('taken', { owner: 'function', app: 'other' });
    const plan = decideReplicaSet(replicaSet(2), [taken, pod('a')], NOW);
    expect([plan.create, names(plan.release), names(plan.remove)]).toEqual([1, [], []]);
    expect(plan.status.replicas).toBe(1);
  });

  it('creates nothing while it is being deleted', () => {
    const going = replicaSet(2);
    going.metadata = { ...going.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
    expect(decideReplicaSet(going, [], NOW).create).toBe(0);
  });

  it('counts a pod as available after minReadySeconds and says when to look again', () => {
    const pods = [
      pod('old', { ready: '2026-01-01T00:00:00Z' }),
      pod('new', { ready: '2026-01-01T00:00:55Z' }),
    ];
    const plan = decideReplicaSet(replicaSet(2, 10), pods, NOW);
    expect(plan.status).toMatchObject({
      replicas: 2,
      readyReplicas: 2,
      availableReplicas: 1,
      observedGeneration: 3,
    });
    expect(plan.checkAgainInMs).toBe(5_000);
  });
});

describe('byDeletionOrder', () => {
  it('takes unscheduled, then pending, then unready, then the youngest ready pods', () => {
    const pods = [
      pod('long', { ready: '2026-01-01T00:00:00Z' }),
      pod('short', { ready: '2026-01-01T00:00:50Z' }),
      pod('unready'),
      pod('pending', { phase: 'Pending' }),
      pod('unscheduled', { phase: 'Pending', node: '' }),
    ];
    expect(names(byDeletionOrder(pods))).toEqual(['unscheduled', 'pending', 'unready', 'short', 'long']);
  });
});
