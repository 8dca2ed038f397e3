/** A world of namespaces for tests of the NetworkPolicy controller. */
import type { NetworkPolicy } from 'kubernetes-types/networking/v1.js';
import { KubeError } from '#kube/errors.ts';
import type { KubeObject } from '#kube/resource.ts';
import type { Caches } from '../caches.ts';
import type { PolicyReconcilerOptions } from './reconcile.ts';

export const forbidden = (causes?: { reason: string }[]) =>
  new KubeError({ status: 403, reason: 'Forbidden', message: 'not allowed', details: { causes } });

type Handler = (change: { key: string; current?: KubeObject; previous?: KubeObject }) => void;

/** A cache that tests fill; indexed by namespace only. */
export function fakeCache<T extends KubeObject>(objects: T[] = []) {
  const handlers = new Set<Handler>();
  return {
    objects,
    started: 0,
    stopped: 0,
    get: (namespace: string, name: string) =>
      objects.find(({ metadata }) => metadata?.namespace === namespace && metadata?.name === name),
    list: () => objects,
    byIndex: (_index: string, namespace: string) =>
      objects.filter(({ metadata }) => metadata?.namespace === namespace),
    onChange(handler: Handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    change(current: T | undefined, previous?: T) {
      if (previous) objects.splice(objects.indexOf(previous), 1);
      if (current) objects.push(current);
      for (const handler of handlers) handler({ key: '', current, previous });
    },
    async whenSynced() {},
    start() {
      this.started += 1;
    },
    async stop() {
      this.stopped += 1;
    },
  };
}

export function policyCaches(policies: NetworkPolicy[] = []) {
  const caches = {
    functions: fakeCache<KubeObject>(),
    pods: fakeCache<KubeObject>(),
    networkPolicies: fakeCache(policies),
  };
  return { ...caches, asCaches: caches as unknown as Pick<Caches, keyof typeof caches> };
}

export const inNamespace = (namespace: string, name = 'hello'): KubeObject => ({
  metadata: { namespace, name },
});

/** A client that keeps what is written, and fails where it is told to. */
export function policyClient(options: { live?: NetworkPolicy; fail?: Record<string, Error> } = {}) {
  const writes: string[] = [];
  const act = (verb: string) => {
    const failure = options.fail?.[verb];
    if (failure) throw failure;
    writes.push(verb);
  };
  const client = {
    get: async () => options.live,
    apply: async () => act('apply'),
    delete: async () => act('delete'),
    list: async () => act('list'),
  } as unknown as PolicyReconcilerOptions['client'];
  return { client, writes };
}
