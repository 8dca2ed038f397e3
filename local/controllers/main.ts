/** The controllers of kube-controller-manager and kube-scheduler that the embedded cluster needs. */
import type { KubeClient } from '#kube/client.ts';
import { createEventRecorder } from '#kube/events.ts';
import type { Log } from '#kube/log.ts';
import { type Controller, type ControllerContext, createCaches } from './context.ts';
import { startDeploymentController } from './deployment/controller.ts';
import { startEndpointSliceController } from './endpoint-slice.ts';
import { startGarbageCollector } from './garbage-collector/controller.ts';
import { startNamespaceController } from './namespace.ts';
import { startReplicaSetController } from './replica-set/controller.ts';
import { startScheduler } from './scheduler.ts';
import { startServiceAccountController } from './service-account.ts';

export interface ControllersOptions {
  client: KubeClient;
  log: Log;
  /** Aborts the start. */
  signal?: AbortSignal;
}

/** Starts every controller; resolves when their caches are synced. */
export async function startControllers({ client, log, signal }: ControllersOptions): Promise<Controller> {
  const caches = createCaches(client, log);
  const events = createEventRecorder(client, 'controllers', { log });
  const context: ControllerContext = { client, caches, events, log };
  const controllers = [
    startDeploymentController(context),
    startReplicaSetController(context),
    startScheduler(context),
    startEndpointSliceController(context),
    startServiceAccountController(context),
    startNamespaceController(context),
    startGarbageCollector(context),
  ];
  const watchers = Object.values(caches);
  for (const watcher of watchers) watcher.start();
  const stop = async () => {
    await Promise.all(controllers.map((controller) => controller.stop()));
    await Promise.all([events.stop(), ...watchers.map((watcher) => watcher.stop())]);
  };
  try {
    await Promise.all(watchers.map((watcher) => watcher.whenSynced(signal)));
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}
