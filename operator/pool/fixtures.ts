/** Builders of test objects for pools. */
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction, FunctionStatus } from '#crds/function/types.ts';
import { labels, MANAGED_BY, POOL_GATE, poolKey } from '#crds/wire/names.ts';
import { aFunction, aPod } from '../function/fixtures.ts';
import { poolName, shapeOf } from './shape.ts';

export const POOL = poolName(shapeOf(aFunction()));
export const POOL_KEY = poolKey('shop', POOL);

/** A warm pod that is held back, by others than Catnap as well when told so. */
export function aGatedPod(name: string, others: readonly string[] = []): Pod {
  const schedulingGates = [...others, POOL_GATE].map((gate) => ({ name: gate }));
  const message = 'Scheduling is blocked due to non-empty scheduling gates';
  return {
    ...aWarmPod(name),
    spec: { containers: [], schedulingGates },
    status: {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message }],
    },
  };
}

/** A function that warm pods can run, and are sent calls for. */
export function aPooledFunction(
  overrides: Partial<CatnapFunction> = {},
  status: Partial<FunctionStatus> = {},
): CatnapFunction {
  const launch = { pool: POOL, digest: 'd' };
  return aFunction({ ...overrides, status: { revision: 'r1', loadedRevision: 'r1', launch, ...status } });
}

export function aWarmPod(name = 'warm-1', options: Parameters<typeof aPod>[1] = {}): Pod {
  const pod = aPod('', { name, ready: true, ...options });
  const replicaSet = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    name: 'pool',
    uid: 'set',
    controller: true,
  };
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: { [labels.pool]: POOL, [labels.managedBy]: MANAGED_BY, 'pod-template-hash': 'abc' },
      ownerReferences: [replicaSet],
    },
  };
}
