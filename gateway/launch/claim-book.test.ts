import { expect, it } from 'vitest';
import { Pod } from '#gateway/pods/pod.ts';
import { ClaimBook } from './claim-book.ts';

const pod = (uid: string) =>
  new Pod(
    {
      uid,
      name: uid,
      ownerKey: 'shop/~a',
      warm: true,
      gated: false,
      address: undefined,
      ready: false,
      leaving: false,
      loadFailure: undefined,
    },
    8080,
    0,
  );
const details = { functionKey: 'shop/hello', revision: 'r1', claimMs: 4.26, loadMs: 2, isGrowth: false };

it('knows of each pool how many pods it is short of until the labels say so, or nobody seems to care', () => {
  let nowMs = 0;
  const book = new ClaimBook(() => nowMs);
  book.claimed(pod('1'), { ...details, poolKey: 'shop/~a' });
  book.refused(pod('2'), 'shop/~a');
  book.claimed(pod('3'), { ...details, poolKey: 'shop/~b', isGrowth: true });
  expect(book.toBeReplaced('shop/~a')).toBe(2);
  expect(book.report().claims).toContainEqual({
    namespace: 'shop',
    pod: '1',
    podUid: '1',
    function: 'hello',
    revision: 'r1',
    claimMs: 4.3,
    loadMs: 2,
  });
  expect(book.report().claims).toContainEqual(expect.objectContaining({ pod: '3', growth: true }));
  book.settled('1');
  expect(book.toBeReplaced('shop/~a')).toBe(1);
  expect(book.toBeReplaced('shop/~c')).toBe(0);
  nowMs = 5_000;
  expect(book.toBeReplaced('shop/~a')).toBe(0);
});
