import type { Deployment, ReplicaSet } from 'kubernetes-types/apps/v1.js';
import type { Namespace, Pod, Service, ServiceAccount } from 'kubernetes-types/core/v1.js';
import type { EndpointSlice } from 'kubernetes-types/discovery/v1.js';
import type { KubeClient } from '#kube/client.ts';
import type { EventRecorder } from '#kube/events.ts';
import type { Log } from '#kube/log.ts';
import * as kinds from '#kube/resource.ts';
import { createWatcher, type Watcher } from '#kube/watcher.ts';

/** The caches that the controllers share. */
export interface Caches {
  deployments: Watcher<Deployment>;
  replicaSets: Watcher<ReplicaSet>;
  pods: Watcher<Pod>;
  namespaces: Watcher<Namespace>;
  services: Watcher<Service>;
  endpointSlices: Watcher<EndpointSlice>;
  serviceAccounts: Watcher<ServiceAccount>;
}

/** What every controller is given. */
export interface ControllerContext {
  client: KubeClient;
  caches: Caches;
  events: EventRecorder;
  log: Log;
}

/** A started controller. */
export interface Controller {
  stop(): Promise<void>;
}

export function createCaches(client: KubeClient, log: Log): Caches {
  return {
    deployments: createWatcher(client, kinds.deployments, { log }),
    replicaSets: createWatcher(client, kinds.replicaSets, { log }),
    pods: createWatcher(client, kinds.pods, { log }),
    namespaces: createWatcher(client, kinds.namespaces, { log }),
    services: createWatcher(client, kinds.services, { log }),
    endpointSlices: createWatcher(client, kinds.endpointSlices, { log }),
    serviceAccounts: createWatcher(client, kinds.serviceAccounts, { log }),
  };
}
