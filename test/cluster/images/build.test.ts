import { expect, it } from 'vitest';
import { isTag } from './build.ts';
import { qualified } from './cache.ts';

it.each(['0.1.0', '0.1.1-test', '_x', 'a'.repeat(128)])('%s can be a tag', (tag) => {
  expect(isTag(tag)).toBe(true);
});

it.each(['', '.1', '-x', 'a b', 'a/b', 'a:b', 'a'.repeat(129)])('"%s" cannot be a tag', (tag) => {
  expect(isTag(tag)).toBe(false);
});

it('completes names as the kubelet does', () => {
  expect(qualified('catnap-gateway:0.1.0')).toBe('docker.io/library/catnap-gateway:0.1.0');
});
