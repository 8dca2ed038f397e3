import { expect, it } from 'vitest';
import { planNodes } from '../plan/addresses.ts';
import { cachedBinary } from './binaries.ts';
import { missingPackages } from './packages.ts';
import { identities } from './pki.ts';

it('names each missing package', () => {
  expect(missingPackages(() => true)).toEqual([]);
  expect(missingPackages((file) => file !== '/usr/bin/etcd')).toEqual(['etcd-server']);
});

it('gives nodes the identity that the node authorizer expects', () => {
  const all = identities(planNodes(2));
  expect(all).toContainEqual({
    file: 'kubelet-node-2',
    commonName: 'system:node:node-2',
    organization: 'system:nodes',
  });
  expect(new Set(all.map(({ file }) => file)).size).toBe(all.length);
  expect(all.find(({ file }) => file === 'node-1')?.hosts).toContain('198.19.0.1');
});

it('keeps compiled programs where it is told, by the hash of their source', () => {
  const before = process.env.CATNAP_CLUSTER_CACHE;
  process.env.CATNAP_CLUSTER_CACHE = '/elsewhere';
  try {
    expect(cachedBinary('coredns')).toMatch(/^\/elsewhere\/coredns-[0-9a-f]{16}$/);
    expect(cachedBinary('pause')).not.toBe(cachedBinary('coredns').replace('coredns', 'pause'));
  } finally {
    if (before === undefined) delete process.env.CATNAP_CLUSTER_CACHE;
    else process.env.CATNAP_CLUSTER_CACHE = before;
  }
});
