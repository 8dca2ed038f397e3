import type { ConfigMap } from 'kubernetes-types/core/v1.js';
import { expect, it } from 'vitest';
import { createCache } from './cache.ts';
import { compareWithList } from './cache-audit.ts';

const object = (name: string, resourceVersion: string): ConfigMap => ({
  metadata: { name, resourceVersion, uid: name },
});

/** Audits a cache of a@1 against a list, with `during` happening while events settle. */
async function audit(
  listed: ConfigMap[],
  during: (watch: { set(item: ConfigMap): void; delete(key: string): void }) => void = () => {},
  isCurrent = true,
) {
  const cache = createCache<ConfigMap>();
  cache.set(object('a', '1'));
  const touched = new Set<string>();
  const repaired: string[] = [];
  await compareWithList<ConfigMap>({
    list: async () => ({ items: listed, resourceVersion: '9' }),
    async settle() {
      during({
        set(item) {
          touched.add(item.metadata?.name ?? '');
          cache.set(item);
        },
        delete(key) {
          touched.add(key);
          cache.delete(key);
        },
      });
    },
    cache,
    wasTouched: (key) => touched.has(key),
    isCurrent: () => isCurrent,
    repaired: ({ key }) => repaired.push(key),
  });
  return { repaired, versions: cache.list().map((item) => item.metadata?.resourceVersion) };
}

it('finds nothing when the list says what the cache says', async () => {
  expect(await audit([object('a', '1')])).toEqual({ repaired: [], versions: ['1'] });
});

it('repairs a lost update, creation and deletion', async () => {
  expect(await audit([object('a', '2')])).toEqual({ repaired: ['a'], versions: ['2'] });
  expect(await audit([object('a', '1'), object('b', '2')])).toEqual({
    repaired: ['b'],
    versions: ['1', '2'],
  });
  expect(await audit([])).toEqual({ repaired: ['a'], versions: [] });
});

it('counts nothing as lost that the watch brings while it settles', async () => {
  const late = await audit([object('a', '2')], (watch) => watch.set(object('a', '2')));
  expect(late).toEqual({ repaired: [], versions: ['2'] });
  const deleted = await audit([], (watch) => watch.delete('a'));
  expect(deleted.repaired).toEqual([]);
});

it('does not bring back what the watch changed or deleted after the list', async () => {
  expect(await audit([object('a', '2')], (watch) => watch.set(object('a', '3')))).toEqual({
    repaired: [],
    versions: ['3'],
  });
  expect(await audit([object('a', '2')], (watch) => watch.delete('a'))).toEqual({
    repaired: [],
    versions: [],
  });
  expect(await audit([object('a', '1')], (watch) => watch.set(object('new', '10')))).toEqual({
    repaired: [],
    versions: ['1', '10'],
  });
});

it('judges nothing when the watch broke meanwhile', async () => {
  expect(await audit([], undefined, false)).toEqual({ repaired: [], versions: ['1'] });
});
