import type { Log } from '#kube/log.ts';
import type { ResourceRegistry } from '../resources/registry.ts';
import type { Store } from '../storage/store.ts';

/** What every write needs. */
export interface WriteContext {
  store: Store;
  registry: ResourceRegistry;
  now(): Date;
  log: Log;
  admission: {
    /** Pods wait for, and need, their ServiceAccount. */
    serviceAccounts: boolean;
  };
}
