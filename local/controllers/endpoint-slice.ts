/** Keeps one EndpointSlice per Service with a selector. */
import { isDeepStrictEqual } from 'node:util';
import type { Pod, Service } from 'kubernetes-types/core/v1.js';
import type { EndpointSlice } from 'kubernetes-types/discovery/v1.js';
import * as kinds from '#kube/resource.ts';
import { createWorkQueue } from '#kube/work-queue.ts';
import type { Controller, ControllerContext } from './context.ts';
import { controllerReference, selects } from './ownership.ts';
import { isReady } from './pods.ts';

export function startEndpointSliceController(context: ControllerContext): Controller {
  const { services, pods, endpointSlices } = context.caches;
  const queue = createWorkQueue({
    name: 'endpointslice',
    concurrency: 2,
    log: context.log,
    reconcile: async (key) => {
      const [namespace = '', name = ''] = key.split('/');
      const service = services.get(namespace, name);
      if (!service?.spec?.selector) return;
      const wanted = endpointSliceOf(service, pods.list());
      const existing = endpointSlices.get(namespace, wanted.metadata?.name ?? '');
      const same =
        isDeepStrictEqual(existing?.endpoints, wanted.endpoints) &&
        isDeepStrictEqual(existing?.ports, wanted.ports);
      if (same) return;
      await context.client.apply(kinds.endpointSlices, wanted, { fieldManager: 'endpointslice-controller' });
    },
  });
  services.onChange(({ key }) => queue.add(key));
  pods.onChange(({ current, previous }) => {
    for (const service of services.list()) {
      const affected = [current, previous].some((pod) => pod && isBackedBy(service, pod));
      if (affected) queue.add(kinds.objectKey(service));
    }
  });
  return { stop: () => queue.stop() };
}

function isBackedBy(service: Service, pod: Pod): boolean {
  return (
    service.metadata?.namespace === pod.metadata?.namespace &&
    selects({ matchLabels: service.spec?.selector }, pod.metadata?.labels)
  );
}

/** The slice of a Service: every pod that its selector matches and that has an address. Pure. */
export function endpointSliceOf(service: Service, pods: readonly Pod[]): EndpointSlice {
  const backing = pods.filter((pod) => isBackedBy(service, pod) && pod.status?.podIP);
  const name = service.metadata?.name ?? '';
  return {
    metadata: {
      namespace: service.metadata?.namespace,
      name: `${name}-slice`,
      labels: {
        'kubernetes.io/service-name': name,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
      ownerReferences: [controllerReference(service)],
    },
    addressType: 'IPv4',
    endpoints: backing.map((pod) => {
      const terminating = pod.metadata?.deletionTimestamp !== undefined;
      return {
        addresses: [pod.status?.podIP ?? ''],
        conditions: { ready: isReady(pod) && !terminating, serving: isReady(pod), terminating },
        nodeName: pod.spec?.nodeName,
        targetRef: {
          kind: 'Pod',
          namespace: pod.metadata?.namespace,
          name: pod.metadata?.name,
          uid: pod.metadata?.uid,
        },
      };
    }),
    ports: (service.spec?.ports ?? []).map(
      ({ name: portName = '', port, protocol = 'TCP', targetPort = port }) => ({
        name: portName,
        protocol,
        port: targetPortOf(targetPort, backing[0]) ?? port,
      }),
    ),
  };
}

function targetPortOf(target: number | string, pod: Pod | undefined): number | undefined {
  if (typeof target === 'number') return target;
  return pod?.spec?.containers.flatMap(({ ports }) => ports ?? []).find(({ name }) => name === target)
    ?.containerPort;
}
