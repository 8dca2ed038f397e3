import { expect, it } from 'vitest';
import { within } from '../host/network.ts';
import {
  API_SERVICE,
  CLUSTER_RANGE,
  DNS_SERVICE,
  MAX_NODES,
  NODE_RANGE,
  POD_RANGE,
  planNodes,
  SERVICE_RANGE,
} from './addresses.ts';

it('gives every node a range and an address of its own, all within the cluster', () => {
  const nodes = planNodes(MAX_NODES);
  expect(nodes.map(({ name }) => name)).toEqual(['node-1', 'node-2']);
  for (const { address, pods } of nodes) {
    expect(within(address, NODE_RANGE)).toBe(true);
    expect(within(address, POD_RANGE)).toBe(true);
    expect(within(pods.replace('/24', ''), POD_RANGE)).toBe(true);
    expect(nodes.filter((other) => within(other.address, pods))).toEqual([]);
  }
  expect(new Set(nodes.map(({ pods }) => pods)).size).toBe(MAX_NODES);
});

it('keeps Services apart from pods', () => {
  for (const address of [API_SERVICE, DNS_SERVICE]) {
    expect(within(address, SERVICE_RANGE)).toBe(true);
    expect(within(address, POD_RANGE)).toBe(false);
    expect(within(address, CLUSTER_RANGE)).toBe(true);
  }
});
