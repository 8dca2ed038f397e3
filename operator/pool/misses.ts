/** Functions that a warm pod could have run, and that were woken through their Deployment: the pool was too small. */
import { deploymentName, poolKey, splitKey } from '#crds/wire/names.ts';
import { type Caches, functionKeyOf } from '../caches.ts';
import { scaleOf } from '../function/scale-of.ts';

export interface MissOptions {
  caches: Pick<Caches, 'functions' | 'deployments'>;
  isOwnScale: (key: string, replicas: number) => boolean;
  missed: (poolKey: string) => void;
}

/** @returns what ends it */
export function reportMisses({ caches, isOwnScale, missed }: MissOptions): () => void {
  return caches.deployments.onChange(({ current, previous }) => {
    const key = current && functionKeyOf(current);
    if (!key || !previous || scaleOf(previous) > 0 || scaleOf(current) === 0) return;
    const { namespace, name } = splitKey(key);
    const launch = caches.functions.get(namespace, name)?.status?.launch;
    const isItsOwn = current.metadata?.name === deploymentName(name);
    if (launch && isItsOwn && !isOwnScale(key, scaleOf(current))) missed(poolKey(namespace, launch.pool));
  });
}
