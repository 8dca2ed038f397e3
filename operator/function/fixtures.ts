/** Builders of test objects: valid by default, one aspect set per test. */
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { ContainerStatus, Pod } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction, FunctionSpec } from '#crds/function/types.ts';
import { FUNCTION_CONTAINER, labels } from '#crds/wire/names.ts';
import { ownerReference } from '#kube/owner-reference.ts';
import { functions } from '#kube/resource.ts';

export function inlineSpec(overrides: Partial<FunctionSpec> = {}): FunctionSpec {
  return {
    runtime: 'nodejs26',
    handler: 'index.handler',
    source: { inline: { files: { 'index.mjs': "export const handler = async () => 'hi'" } } },
    resources: {},
    timeoutSeconds: 30,
    scaling: { minReplicas: 0, maxReplicas: 20, concurrency: 10, targetUtilization: 70, idleSeconds: 60 },
    queue: { maxDepth: 1000, maxWaitSeconds: 60 },
    async: {
      maxAttempts: 3,
      backoffSeconds: 2,
      maxBackoffSeconds: 3600,
      maxAgeSeconds: 86400,
      maxBacklog: 100000,
    },
    ...overrides,
  };
}

export function aFunction(overrides: Partial<CatnapFunction> & { spec?: FunctionSpec } = {}): CatnapFunction {
  return {
    apiVersion: 'catnap.dev/v1alpha1',
    kind: 'Function',
    spec: inlineSpec(),
    ...overrides,
    metadata: {
      name: 'hello',
      namespace: 'shop',
      uid: 'function-uid',
      generation: 1,
      resourceVersion: '1',
      ...overrides.metadata,
    },
  };
}

export function aPod(revision: string, options: { name?: string; ready?: boolean; deleting?: boolean } = {}) {
  const pod: Pod = {
    metadata: {
      name: options.name ?? 'fn-hello-abc',
      namespace: 'shop',
      uid: `uid-${options.name ?? 'abc'}`,
      labels: { [labels.function]: 'hello', [labels.revision]: revision },
      ...(options.deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: options.ready ? 'True' : 'False' }],
      containerStatuses: [containerStatus({ state: { running: {} }, ready: options.ready ?? false })],
    },
  };
  return pod;
}

/** A pod that the function took from a pool. */
export function aBorrowedPod(revision: string, options: Parameters<typeof aPod>[1] = {}): Pod {
  const pod = aPod(revision, { name: 'warm-1', ready: true, ...options });
  return { ...pod, metadata: { ...pod.metadata, ownerReferences: [ownerReference(aFunction(), functions)] } };
}

export function containerStatus(overrides: Partial<ContainerStatus>): ContainerStatus {
  return { name: FUNCTION_CONTAINER, ready: false, restartCount: 0, image: '', imageID: '', ...overrides };
}

export function withContainer(pod: Pod, overrides: Partial<ContainerStatus>): Pod {
  return { ...pod, status: { ...pod.status, containerStatuses: [containerStatus(overrides)] } };
}

export function aDeployment(replicas: number, overrides: Partial<Deployment> = {}): Deployment {
  return {
    spec: { replicas, selector: {}, template: {} },
    ...overrides,
    metadata: {
      name: 'fn-hello',
      namespace: 'shop',
      uid: 'deployment-uid',
      resourceVersion: '7',
      ownerReferences: [
        {
          apiVersion: 'catnap.dev/v1alpha1',
          kind: 'Function',
          name: 'hello',
          uid: 'function-uid',
          controller: true,
        },
      ],
      ...overrides.metadata,
    },
  };
}
