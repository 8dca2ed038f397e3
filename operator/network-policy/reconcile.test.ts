import type { NetworkPolicy } from 'kubernetes-types/networking/v1.js';
import { expect, it } from 'vitest';
import { fieldManagers } from '#crds/wire/names.ts';
import { KubeError } from '#kube/errors.ts';
import { silentLog } from '#kube/log.ts';
import { forbidden, inNamespace, policyCaches, policyClient } from './fixtures.ts';
import { functionsPolicy } from './policy.ts';
import { createPolicyReconciler } from './reconcile.ts';

const policy = functionsPolicy('shop', 'catnap-system');
const unlabelled: NetworkPolicy = { ...policy, metadata: { ...policy.metadata, labels: {} } };

function stage(
  options: { cached?: NetworkPolicy; live?: NetworkPolicy; fail?: Record<string, Error>; empty?: true } = {},
) {
  const caches = policyCaches(options.cached ? [options.cached] : []);
  if (!options.empty) caches.functions.objects.push(inNamespace('shop'));
  const { client, writes } = policyClient(options);
  const events: string[] = [];
  const denied: Error[] = [];
  const reconcile = createPolicyReconciler({
    client,
    caches: caches.asCaches,
    recorder: {
      record: (_, { reason, note }) => void events.push(`${reason}: ${note}`),
      stop: async () => {},
    },
    enabled: true,
    platformNamespace: 'catnap-system',
    log: silentLog,
    onDenied: (error) => void denied.push(error),
  });
  return { run: () => reconcile('shop'), writes, events, denied };
}

it('applies the policy of a namespace with functions, once', async () => {
  const { run, writes } = stage();
  expect(await run()).toBeUndefined();
  expect(writes).toEqual(['apply']);
  const settled = stage({ cached: policy });
  await settled.run();
  expect(settled.writes).toEqual([]);
});

it('removes the policy of a namespace without', async () => {
  const { run, writes } = stage({ cached: policy, empty: true });
  await run();
  expect(writes).toEqual(['delete']);
});

it('asks whose a policy without the label is', async () => {
  const managedFields = [{ manager: fieldManagers.networkPolicy }];
  const ours = { ...unlabelled, metadata: { ...unlabelled.metadata, managedFields } };
  const { run, writes } = stage({ cached: unlabelled, live: ours });
  await run();
  expect(writes).toEqual(['apply']);
});

it('leaves the policy of somebody else alone, says so, and looks again later', async () => {
  const { run, writes, events } = stage({ cached: unlabelled, live: unlabelled });
  expect(await run()).toEqual({ requeueAfterMs: 300_000 });
  expect(writes).toEqual([]);
  expect(events).toEqual([expect.stringMatching(/^NameConflict: .*namespace shop.*Delete or rename it\.$/)]);
});

it.each([
  ['is gone', new KubeError({ status: 404, reason: 'NotFound', message: 'gone' })],
  ['goes away', forbidden([{ reason: 'NamespaceTerminating' }])],
])('waits quietly when the namespace %s', async (_, failure) => {
  const { run, denied } = stage({ fail: { apply: failure } });
  expect(await run()).toEqual({ requeueAfterMs: 300_000 });
  expect(denied).toEqual([]);
});

it('reports what it may not write, and tries again much later', async () => {
  const { run, denied } = stage({ fail: { apply: forbidden() } });
  expect(await run()).toEqual({ requeueAfterMs: 300_000 });
  expect(denied.map(({ message }) => message)).toEqual(['not allowed']);
});

it('hands an outage to the queue', async () => {
  const outage = new KubeError({ status: 503, reason: 'ServiceUnavailable', message: 'try later' });
  await expect(stage({ fail: { apply: outage } }).run()).rejects.toBe(outage);
});

it('does not mind that somebody else was faster to remove it', async () => {
  const gone = new KubeError({ status: 404, reason: 'NotFound', message: 'gone' });
  const { run } = stage({ cached: policy, empty: true, fail: { delete: gone } });
  expect(await run()).toBeUndefined();
});
