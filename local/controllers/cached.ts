import type { KubeObject } from '#kube/resource.ts';
import type { Watcher } from '#kube/watcher.ts';

/** The watch lags a write by milliseconds; longer means that it is broken, and a retry is right. */
const PATIENCE_MS = 5_000;

/**
 * Resolves once the cache satisfies `condition`. A reconcile that created or deleted something waits for its
 * own write here, so that the next reconcile of the same key does not decide on what was before (what
 * kube-controller-manager calls expectations).
 *
 * @throws Error when the cache does not show the write within 5 s
 */
export function untilCached<T extends KubeObject>(
  watcher: Watcher<T>,
  condition: () => boolean,
): Promise<void> {
  if (condition()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const unsubscribe = watcher.onChange(() => {
      if (condition()) finish(resolve);
    });
    const timer = setTimeout(
      () => finish(() => reject(new Error('the watch does not show what was just written'))),
      PATIENCE_MS,
    );
    const finish = (end: () => void) => {
      clearTimeout(timer);
      unsubscribe();
      end();
    };
  });
}
