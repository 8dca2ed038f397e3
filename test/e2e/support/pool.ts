import type { Pod } from 'kubernetes-types/core/v1.js';
import { labels } from '#crds/wire/names.ts';
import type { TestNamespace } from './namespace.ts';

/** Warm pods of the namespace that are not on their way out. */
export async function warmPods(space: TestNamespace): Promise<Pod[]> {
  const list = await space.kubectl.json<{ items: Pod[] }>(['pods', '-n', space.name, '-l', labels.pool]);
  return list.items.filter(({ metadata }) => !metadata?.deletionTimestamp);
}
