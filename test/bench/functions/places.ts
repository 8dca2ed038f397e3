/** Places for pods: a node takes a number of them, whoever they belong to. */
import type { Node, Pod } from 'kubernetes-types/core/v1.js';
import { nodes, pods } from '#kube/resource.ts';
import type { Bed } from '../bed.ts';

/**
 * Throws when the cluster has too few places for this many more pods: calls would wait for places, and nothing else would
 * be measured.
 */
export async function refuseWithoutPlaces({ client }: Bed, wanted: number): Promise<void> {
  const [{ items: all }, { items: present }] = await Promise.all([client.list(nodes), client.list(pods)]);
  const free = freePlaces(all, present);
  if (free >= wanted) return;
  throw new Error(
    `${wanted} more pods are wanted, and the cluster's nodes have places for ${free}: remove other pods, or call fewer functions (--functions)`,
  );
}

/** Unbounded where a node does not say how many it takes. */
export function freePlaces(all: Node[], present: Pod[]): number {
  const open = all.filter(({ spec }) => !spec?.unschedulable);
  const names = new Set(open.map(({ metadata }) => metadata?.name));
  const places = open.map(({ status }) => Number(status?.allocatable?.pods ?? Number.POSITIVE_INFINITY));
  const taken = present.filter(
    ({ spec, status }) =>
      !['Succeeded', 'Failed'].includes(status?.phase ?? '') &&
      (spec?.nodeName === undefined || names.has(spec.nodeName)),
  );
  return places.reduce((sum, count) => sum + count, 0) - taken.length;
}
