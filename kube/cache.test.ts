import type { ConfigMap } from 'kubernetes-types/core/v1.js';
import { expect, it } from 'vitest';
import { createCache } from './cache.ts';

const object = (name: string, resourceVersion: string, tags: string[] = []): ConfigMap => ({
  metadata: { name, namespace: 'default', resourceVersion, uid: name },
  data: { tags: tags.join(',') },
});
const byTag = { tag: (item: ConfigMap) => (item.data?.tags ?? '').split(',').filter((tag) => tag !== '') };

it('reports no change for a version that it has', () => {
  const cache = createCache<ConfigMap>();
  expect(cache.set(object('a', '1'))).toMatchObject({ key: 'default/a' });
  expect(cache.set(object('a', '1'))).toBeUndefined();
  expect(cache.set(object('a', '2'))).toMatchObject({ previous: { metadata: { resourceVersion: '1' } } });
});

it('reports an object that was deleted and made again under the same version number', () => {
  const cache = createCache<ConfigMap>();
  cache.set(object('a', '1'));
  const again = object('a', '1');
  const change = cache.set({ ...again, metadata: { ...again.metadata, uid: 'other' } });
  expect(change?.previous?.metadata?.uid).toBe('a');
});

it('replaces its content and reports only differences, deletions first', () => {
  const cache = createCache<ConfigMap>();
  for (const name of ['a', 'b', 'c']) cache.set(object(name, '1'));
  const changes = cache.replace([object('a', '1'), object('b', '2'), object('d', '1')]);
  expect(changes.map(({ key, current }) => [key, current?.metadata?.resourceVersion])).toEqual([
    ['default/c', undefined],
    ['default/b', '2'],
    ['default/d', '1'],
  ]);
  expect(cache.size).toBe(3);
});

it('keeps indexes with several values true through every change', () => {
  const cache = createCache<ConfigMap>(byTag);
  const names = (tag: string) => cache.byIndex('tag', tag).map((item) => item.metadata?.name);
  cache.set(object('a', '1', ['x', 'y']));
  cache.set(object('b', '1', ['y']));
  expect([names('x'), names('y')]).toEqual([['a'], ['a', 'b']]);
  cache.set(object('a', '2', ['z']));
  expect([names('x'), names('y'), names('z')]).toEqual([[], ['b'], ['a']]);
  cache.delete('default/b');
  expect(names('y')).toEqual([]);
  expect(() => cache.byIndex('colour', 'red')).toThrow('no index "colour"');
});
