import type { PersistentVolumeClaim } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import { isReleased, nodeForClaim, volumeFor } from './volume.ts';

const claim = (over: Partial<PersistentVolumeClaim['spec']> = {}, node?: string): PersistentVolumeClaim => ({
  metadata: {
    namespace: 'ns',
    name: 'data',
    uid: 'u-1',
    annotations: node ? { 'volume.kubernetes.io/selected-node': node } : {},
  },
  spec: {
    storageClassName: 'local',
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
    ...over,
  },
});

describe('nodeForClaim', () => {
  it('is the node that the scheduler chose', () => {
    expect(nodeForClaim(claim({}, 'node-2'))).toBe('node-2');
  });

  it.each([
    ['waits for its first pod', claim()],
    ['is of another class', claim({ storageClassName: 'ebs' }, 'node-1')],
    ['has a volume', claim({ volumeName: 'v' }, 'node-1')],
    ['selects a volume itself', claim({ selector: {} }, 'node-1')],
    ['wants a block device', claim({ volumeMode: 'Block' }, 'node-1')],
  ])('is none when the claim %s', (_, given) => {
    expect(nodeForClaim(given)).toBeUndefined();
  });

  it('is none when the claim is being deleted', () => {
    const given = claim({}, 'node-1');
    given.metadata = { ...given.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
    expect(nodeForClaim(given)).toBeUndefined();
  });
});

it('makes a volume for that claim alone, on that node alone', () => {
  const { metadata, spec } = volumeFor(claim({}, 'node-2'), 'node-2', '/volumes');
  expect(metadata?.name).toBe('pvc-u-1');
  expect(spec).toMatchObject({
    capacity: { storage: '1Gi' },
    claimRef: { namespace: 'ns', name: 'data', uid: 'u-1' },
    local: { path: '/volumes/node-2/pvc-u-1' },
  });
  expect(spec?.nodeAffinity?.required?.nodeSelectorTerms).toEqual([
    { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['node-2'] }] },
  ]);
});

it('deletes only its own volumes, once nobody claims them', () => {
  const volume = volumeFor(claim({}, 'node-1'), 'node-1', '/volumes');
  expect(isReleased({ ...volume, status: { phase: 'Bound' } })).toBe(false);
  expect(isReleased({ ...volume, status: { phase: 'Released' } })).toBe(true);
  expect(isReleased({ ...volume, metadata: { name: 'pvc-u-1' }, status: { phase: 'Released' } })).toBe(false);
  const kept = { ...volume.spec, persistentVolumeReclaimPolicy: 'Retain' };
  expect(isReleased({ ...volume, spec: kept, status: { phase: 'Released' } })).toBe(false);
});
