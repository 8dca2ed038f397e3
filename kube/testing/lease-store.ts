/** A Lease in memory with the server's rules: resourceVersion as a lock, creation only once. */
import type { Lease } from 'kubernetes-types/coordination/v1.js';
import type { KubeClient } from '../client.ts';
import { KubeError } from '../errors.ts';

export interface LeaseStore {
  client: Pick<KubeClient, 'get' | 'create' | 'update'>;
  current: Lease | undefined;
  /** Called before each call; what it rejects with is what the call rejects with. */
  intercept: (verb: 'get' | 'create' | 'update') => Promise<void>;
  calls: string[];
}

export function createLeaseStore(): LeaseStore {
  let version = 0;
  const fail = (status: number, reason: string) => {
    throw new KubeError({ status, reason, message: reason });
  };
  const store: LeaseStore = {
    current: undefined,
    calls: [],
    async intercept() {},
    client: {
      async get() {
        await before('get');
        return structuredClone(store.current ?? fail(404, 'NotFound')) as never;
      },
      async create(_type, object) {
        await before('create');
        if (store.current !== undefined) fail(409, 'AlreadyExists');
        return write(object as Lease) as never;
      },
      async update(_type, object) {
        await before('update');
        if (store.current === undefined) fail(404, 'NotFound');
        if (object.metadata?.resourceVersion !== store.current?.metadata?.resourceVersion)
          fail(409, 'Conflict');
        return write(object as Lease) as never;
      },
    },
  };
  const before = async (verb: 'get' | 'create' | 'update') => {
    store.calls.push(verb);
    await store.intercept(verb);
  };
  const write = (lease: Lease) => {
    version += 1;
    store.current = {
      ...structuredClone(lease),
      metadata: { ...lease.metadata, resourceVersion: String(version) },
    };
    return structuredClone(store.current);
  };
  return store;
}
