import type { KubeClient, ListOptions } from './client.ts';
import { isGone } from './errors.ts';
import type { KubeObject, ResourceType } from './resource.ts';

/**
 * All objects of a collection, read in pages. When the server forgets the continue token half-way, it
 * starts over without pages once, which always comes to an end.
 *
 * @throws KubeError as `client.list` does; Error above `maxPages`
 */
export async function listAll<T extends KubeObject>(
  client: Pick<KubeClient, 'list'>,
  type: ResourceType<T>,
  options: Omit<ListOptions, 'limit' | 'continue'> & {
    pageSize?: number;
    maxPages?: number;
    /** What to keep of each object. Called as pages come in, so that long lists need not fit into memory. */
    keep?: (item: T) => T;
  } = {},
): Promise<{ items: T[]; resourceVersion: string }> {
  const { pageSize = 500, maxPages = 10_000, keep = (item: T) => item, ...selection } = options;
  const items: T[] = [];
  let token: string | undefined;
  for (let page = 0; page < maxPages; page++) {
    try {
      const result = await client.list(type, { ...selection, limit: pageSize, continue: token });
      for (const item of result.items) items.push(keep(item));
      if (result.continue === undefined) return { items, resourceVersion: result.resourceVersion };
      token = result.continue;
    } catch (error) {
      if (token === undefined || !isGone(error)) throw error;
      const whole = await client.list(type, selection);
      return { items: whole.items.map(keep), resourceVersion: whole.resourceVersion };
    }
  }
  throw new Error(`list ${type.plural}: more than ${maxPages} pages`);
}
