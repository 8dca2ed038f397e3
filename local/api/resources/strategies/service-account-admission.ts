import { type ApiObject, objectKey, stringAt } from '../../core/objects.ts';
import { forbidden } from '../../core/status-error.ts';
import type { WriteContext } from '../../writes/context.ts';

/** As long as the real admission plugin gives the account of a new namespace to appear. */
const PATIENCE_MS = 1_500;
const ACCOUNTS = 'serviceaccounts';

/** @throws a 403 StatusError when the pod's ServiceAccount does not appear in time */
export async function awaitServiceAccount(pod: ApiObject, { store, admission }: WriteContext): Promise<void> {
  if (!admission.serviceAccounts) return;
  const { namespace = '' } = pod.metadata;
  const account = stringAt(pod, 'spec', 'serviceAccountName') ?? stringAt(pod, 'spec', 'serviceAccount');
  const name = account || 'default';
  const key = objectKey(namespace, name);
  if (store.get(ACCOUNTS, key)) return;

  const { promise, resolve } = Promise.withResolvers<boolean>();
  const unsubscribe = store.subscribe(ACCOUNTS, (event) => event.key === key && resolve(true));
  const timer = setTimeout(() => resolve(false), PATIENCE_MS);
  const appeared = await promise;
  clearTimeout(timer);
  unsubscribe();
  if (appeared) return;
  throw forbidden(
    { group: '', plural: 'pods' },
    pod.metadata.name,
    `error looking up service account ${key}: serviceaccount ${JSON.stringify(name)} not found`,
  );
}
