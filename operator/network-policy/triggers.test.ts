import type { NetworkPolicy } from 'kubernetes-types/networking/v1.js';
import { expect, it } from 'vitest';
import { inNamespace, policyCaches } from './fixtures.ts';
import { functionsPolicy } from './policy.ts';
import { onNamespaceConcerned } from './triggers.ts';

const ours = functionsPolicy('shop', 'catnap-system');
const foreign: NetworkPolicy = { ...ours, metadata: { ...ours.metadata, labels: {} } };

it.each([
  ['concerns a namespace without a policy', [], ['shop']],
  ['is no news where the policy is there', [ours], []],
  ['concerns a namespace whose policy is somebody else’s, which is to be told', [foreign], ['shop']],
])('a new function %s', (_, policies, expected) => {
  const caches = policyCaches(policies);
  const concerned: string[] = [];
  onNamespaceConcerned(caches.asCaches, (namespace) => void concerned.push(namespace));
  concerned.length = 0;
  caches.functions.change(inNamespace('shop'));
  expect(concerned).toEqual(expected);
});
