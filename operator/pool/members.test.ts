import { describe, expect, it } from 'vitest';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { poolKey } from '#crds/wire/names.ts';
import type { Change } from '#kube/watcher.ts';
import { aFunction, inlineSpec } from '../function/fixtures.ts';
import { aPooledFunction, POOL_KEY } from './fixtures.ts';
import { trackMembers } from './members.ts';
import { poolName, shapeOf } from './shape.ts';

const loaded = { revision: 'r1', loadedRevision: 'r1' };
const large = inlineSpec({ resources: { limits: { memory: '1Gi' } } });
const LARGE_KEY = poolKey('shop', poolName(shapeOf(aFunction({ spec: large }))));

function track(...functions: CatnapFunction[]) {
  let change = (_change: Change<CatnapFunction>) => {};
  const changed: string[] = [];
  const members = trackMembers(
    {
      list: () => functions,
      onChange(handler) {
        change = handler;
        return () => {};
      },
    },
    (key) => void changed.push(key),
  );
  return {
    members,
    changed,
    pools: () => [...members.poolKeys()],
    change: (previous: CatnapFunction | undefined, current: CatnapFunction | undefined) =>
      change({ key: 'shop/hello', ...(previous ? { previous } : {}), ...(current ? { current } : {}) }),
  };
}

describe('the members of a pool', () => {
  it('are functions that its pods fit, and that were seen to load', () => {
    const t = track(aPooledFunction());
    expect(t.pools()).toEqual([POOL_KEY]);
    expect(t.members.example(POOL_KEY)?.metadata.name).toBe('hello');
    expect(t.members.isUsed(POOL_KEY)).toBe(true);
  });

  it.each([
    ['was never seen to load', aFunction()],
    ['is dedicated', aPooledFunction({ spec: inlineSpec({ class: 'dedicated' }) })],
    [
      'is being deleted',
      aPooledFunction({ metadata: { name: 'hello', namespace: 'shop', deletionTimestamp: 'now' } }),
    ],
  ])('are none that %s', (_, fn) => expect(track(fn).pools()).toEqual([]));

  it('stay while a new revision is verified, and while they cannot be launched', () => {
    expect(track(aFunction({ status: { ...loaded, revision: 'r2' } })).pools()).toEqual([POOL_KEY]);
    const t = track(aFunction({ status: loaded }));
    expect([t.pools(), t.members.isUsed(POOL_KEY)]).toEqual([[POOL_KEY], false]);
  });

  it('change when a function comes, goes, or needs other pods', () => {
    const t = track();
    const [small, other] = [aPooledFunction(), aFunction({ spec: large, status: loaded })];
    t.change(undefined, small);
    t.change(small, other);
    expect(t.pools()).toEqual([LARGE_KEY]);
    t.change(other, undefined);
    expect(t.pools()).toEqual([]);
    expect(t.changed).toEqual([POOL_KEY, POOL_KEY, LARGE_KEY, LARGE_KEY]);
  });

  it('are the same when anything else about a function changes', () => {
    const t = track(aPooledFunction());
    t.change(aPooledFunction(), aPooledFunction({}, { replicas: 3 }));
    expect(t.changed).toEqual([]);
    t.change(aPooledFunction(), aFunction({ status: loaded }));
    expect(t.changed).toEqual([POOL_KEY]);
    expect(t.members.isUsed(POOL_KEY)).toBe(false);
  });
});
