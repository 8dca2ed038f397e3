import type { Pod } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import { type Shares, split } from './split.ts';

const pods = (...names: string[]): Pod[] => names.map((name) => ({ metadata: { name } }));

function divide(shares: Partial<Shares>): [number, string[]] {
  const { deployment, retire } = split({
    wanted: 1,
    deployment: 0,
    ready: shares.deployment ?? 0,
    borrowed: [],
    superseded: 0,
    takesOver: false,
    needsOwn: false,
    ...shares,
  });
  return [deployment, retire.map(({ metadata }) => metadata?.name ?? '')];
}

describe('split', () => {
  it.each<[string, Partial<Shares>, [number, string[]]]>([
    ['a Deployment alone', { wanted: 3, deployment: 2 }, [3, []]],
    ['a pod from the pool alone', { borrowed: pods('a') }, [0, []]],
    ['growth beside it', { wanted: 3, borrowed: pods('a') }, [2, []]],
    ['no change of both', { wanted: 3, deployment: 2, borrowed: pods('a') }, [2, []]],
    ['fewer from the pool', { wanted: 1, borrowed: pods('a', 'b', 'c') }, [0, ['b', 'c']]],
    ['fewer of both: the pool’s first', { wanted: 2, deployment: 2, borrowed: pods('a') }, [2, ['a']]],
    ['much fewer of both', { wanted: 1, deployment: 3, borrowed: pods('a') }, [1, ['a']]],
    ['none', { wanted: 0, deployment: 3, borrowed: pods('a') }, [0, ['a']]],
    ['fewer, the Deployment not ready', { deployment: 1, ready: 0, borrowed: pods('a') }, [1, []]],
    [
      'fewer, it is ready in part',
      { wanted: 2, deployment: 3, ready: 1, borrowed: pods('a', 'b') },
      [2, ['b']],
    ],
    ['a revision to verify', { borrowed: pods('a'), needsOwn: true }, [1, []]],
    ['one that is verified', { deployment: 1, borrowed: pods('a'), needsOwn: true }, [1, ['a']]],
  ])('makes of %s', (_, shares, expected) => expect(divide(shares)).toEqual(expected));

  describe('when the Deployment takes over', () => {
    it.each<[string, Partial<Shares>, [number, string[]]]>([
      ['scales it first', { borrowed: pods('a') }, [1, []]],
      ['counts what it has', { wanted: 3, deployment: 2, borrowed: pods('a') }, [3, ['a'].slice(1)]],
      [
        'gives back what is covered',
        { wanted: 2, deployment: 2, ready: 1, borrowed: pods('a', 'b') },
        [2, ['b']],
      ],
      ['gives back all in the end', { wanted: 2, deployment: 2, borrowed: pods('a', 'b') }, [2, ['a', 'b']]],
    ])('%s', (_, shares, expected) => expect(divide({ ...shares, takesOver: true })).toEqual(expected));
  });

  describe('while it has taken over', () => {
    it.each<[string, Partial<Shares>, [number, string[]]]>([
      ['keeps the old until it is ready', { deployment: 1, ready: 0, borrowed: pods('a') }, [1, []]],
      ['gives them back then', { deployment: 1, borrowed: pods('a') }, [1, ['a']]],
      ['grows without counting them', { wanted: 3, deployment: 1, borrowed: pods('a') }, [3, []]],
    ])('%s', (_, shares, expected) => {
      expect(divide({ ...shares, superseded: shares.borrowed?.length ?? 0 })).toEqual(expected);
    });

    it('counts those that came since', () => {
      expect(divide({ wanted: 2, deployment: 1, borrowed: pods('new', 'old'), superseded: 1 })).toEqual([
        1,
        ['old'],
      ]);
    });
  });
});
