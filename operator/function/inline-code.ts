import type { Function as CatnapFunction } from '#crds/function/types.ts';
import type { KubeClient } from '#kube/client.ts';
import { KubeError } from '#kube/errors.ts';
import { functions, refOf } from '#kube/resource.ts';
import { revisionOf } from './revision.ts';
import { digestSource } from './source-content.ts';

/**
 * The files of an inline source. Caches hold no code, so it is read when it is needed.
 *
 * @throws KubeError with a conflict when the function has other code by now
 */
export async function readInlineFiles(
  client: Pick<KubeClient, 'get'>,
  fn: CatnapFunction,
  revision: string,
): Promise<Record<string, string>> {
  const live = await client.get(functions, refOf(fn));
  const files = live.spec.source?.inline?.files;
  const isSame = live.metadata.uid === fn.metadata.uid && revisionOf(digestSource(live).spec) === revision;
  if (!files || !isSame) throw changedMeanwhile(`Function ${fn.metadata.name}`);
  return files;
}

/** Reading again settles it. */
export function changedMeanwhile(what: string): KubeError {
  return new KubeError({
    status: 409,
    reason: 'Conflict',
    message: `${what} changed while it was reconciled`,
  });
}
