import { expect, it } from 'vitest';
import type { Pod } from '#gateway/pods/pod.ts';
import { preferredPod } from './pool-order.ts';

const pods = Array.from({ length: 10 }, (_, i) => ({ uid: `0c5a3a7e-${i}` }) as Pod);

it('is the same for every gateway, in whatever order it knows the pods', () => {
  for (const key of ['shop/a', 'shop/b', 'shop/c']) {
    expect(preferredPod(key, [...pods].reverse())).toBe(preferredPod(key, pods));
  }
});

it('stays when other pods come and go', () => {
  const first = preferredPod('shop/hello', pods);
  const others = pods.filter((pod) => pod !== first);
  expect(preferredPod('shop/hello', [first as Pod, ...others.slice(0, 4)])).toBe(first);
  const second = preferredPod('shop/hello', others);
  expect(second).not.toBe(first);
});

it('spreads functions evenly', () => {
  const counts = new Map<Pod | undefined, number>();
  for (let i = 0; i < 10_000; i++) {
    const pod = preferredPod(`shop/fn-${i}`, pods);
    counts.set(pod, (counts.get(pod) ?? 0) + 1);
  }
  expect(counts.size).toBe(10);
  for (const count of counts.values()) {
    expect(count).toBeGreaterThan(850);
    expect(count).toBeLessThan(1_150);
  }
});

it('has none when there are none', () => {
  expect(preferredPod('shop/hello', [])).toBeUndefined();
});
