import { expect, it } from 'vitest';
import { controllerOf, ownerReference } from './owner-reference.ts';
import { deployments, pods } from './resource.ts';

it('names the owner as the controller', () => {
  const owner = { metadata: { name: 'web', namespace: 'shop', uid: 'u1' } };
  const reference = ownerReference(owner as never, deployments);
  expect(reference).toEqual({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    name: 'web',
    uid: 'u1',
    controller: true,
    blockOwnerDeletion: true,
  });
  const others = [{ ...reference, controller: false, uid: 'u2' }, reference];
  expect(controllerOf({ metadata: { ownerReferences: others } })?.uid).toBe('u1');
  expect(controllerOf({})).toBeUndefined();
});

it('refuses an owner that was never stored', () => {
  expect(() => ownerReference({ metadata: { name: 'web' } }, pods)).toThrow('Pod web cannot own anything');
});
