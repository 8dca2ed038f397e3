/**
 * Thousands of functions that sleep from the beginning. Deploying them in the usual way would start a pod for each, to
 * see its code load. These are made as if that had happened before: paused, so that the operator leaves them alone,
 * then with a status that names their revision as loaded, then let go. The operator makes their children asleep, as it
 * does for a function whose Deployment was deleted by hand.
 */
import { annotations, deploymentName } from '#crds/wire/names.ts';
import { isNotFound } from '#kube/errors.ts';
import { deployments, functions } from '#kube/resource.ts';
import { revisionOf } from '#operator/function/revision.ts';
import { digestSource } from '#operator/function/source-content.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import type { Bed } from '../bed.ts';
import { manifest } from '../functions/deploy.ts';
import { forEachOf } from '../parallel.ts';

/** Twice what the operator works on at the same time: it always has something to do, and never a long queue. */
const MADE_AT_ONCE = 16;
const CHILDREN_TIMEOUT_MS = 120_000;
const LOG_EACH = 500;

/** @throws Error when one of them got a pod: it would not have slept from the beginning */
export async function createAsleep(bed: Bed, names: string[], code: string, spec: object): Promise<void> {
  let made = 0;
  await forEachOf(names, MADE_AT_ONCE, async (name) => {
    await createOne(bed, name, code, spec);
    if (++made % LOG_EACH === 0) bed.log(`${made} of ${names.length} functions made`);
  });
  const woken = names.filter((name) => bed.pods.seen(name).size > 0);
  if (woken.length > 0) throw new Error(`${woken.length} functions started pods, ${woken[0]} among them`);
}

async function createOne(bed: Bed, name: string, code: string, spec: object): Promise<void> {
  const { client, namespace } = bed;
  const wanted = manifest(bed, name, code, spec);
  wanted.metadata.annotations = { [annotations.paused]: 'true' };
  // As stored, with the defaults that count into the revision.
  const stored = await client.create(functions, wanted, { fieldManager: 'catnap-bench' });
  const revision = revisionOf(digestSource(stored).spec);
  const status = { revision, loadedRevision: revision };
  const merge = { type: 'merge', fieldManager: 'catnap-bench' } as const;
  await client.patch(functions, { namespace, name }, { status }, { ...merge, subresource: 'status' });
  const go = { metadata: { annotations: { [annotations.paused]: null } } };
  await client.patch(functions, { namespace, name }, go, merge);
  // Its ReplicaSet as well: what Kubernetes has yet to do for thousands of them would be measured with what comes next.
  const isComplete = () =>
    client.get(deployments, { namespace, name: deploymentName(name) }).then(
      ({ status }) => status?.observedGeneration !== undefined,
      (error) => (isNotFound(error) ? false : Promise.reject(error)),
    );
  await waitFor(isComplete, { timeoutMs: CHILDREN_TIMEOUT_MS, describe: `the Deployment of ${name}` });
}
