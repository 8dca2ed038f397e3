/** Which namespaces a change may concern. */
import { byNamespace, type Caches } from '../caches.ts';
import { isOurs } from './decide.ts';
import { POLICY_NAME } from './policy.ts';

type Watched = Pick<Caches, 'functions' | 'pods' | 'networkPolicies'>;

/**
 * Calls back with every namespace whose NetworkPolicy a change may concern, the present ones first.
 *
 * @returns what ends it
 */
export function onNamespaceConcerned(caches: Watched, concern: (namespace: string) => void): () => void {
  const unsubscribe = [
    caches.functions.onChange(({ current, previous }) => {
      const namespace = (current ?? previous)?.metadata.namespace;
      if (namespace === undefined || (current && previous)) return;
      // Only the first and the last of a namespace matter, and there may be thousands between.
      const live = caches.networkPolicies.get(namespace, POLICY_NAME);
      const isSettled = current && live && isOurs(live);
      if (!isSettled) concern(namespace);
    }),
    caches.pods.onChange(({ current, previous }) => {
      const namespace = previous?.metadata?.namespace ?? '';
      const isLast = !current && caches.pods.byIndex(byNamespace, namespace).length === 0;
      if (isLast) concern(namespace);
    }),
    caches.networkPolicies.onChange(({ current, previous }) => {
      concern((current ?? previous)?.metadata?.namespace ?? '');
    }),
  ];
  const present = [...caches.functions.list(), ...caches.networkPolicies.list()];
  for (const namespace of new Set(present.map(({ metadata }) => metadata?.namespace ?? '')))
    concern(namespace);
  return () => {
    for (const end of unsubscribe) end();
  };
}
