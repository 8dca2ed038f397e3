import type { Deployment } from 'kubernetes-types/apps/v1.js';
import { expect, it } from 'vitest';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import type { Change } from '#kube/watcher.ts';
import { aDeployment, aFunction } from '../function/fixtures.ts';
import { aPooledFunction, POOL_KEY } from './fixtures.ts';
import { type MissOptions, reportMisses } from './misses.ts';

const scaled = (replicas: number): Deployment =>
  aDeployment(replicas, { metadata: { labels: { 'catnap.dev/function': 'hello' } } });

function missesOf(fn: CatnapFunction, change: [from: number, to: number], isOwnScale = false): string[] {
  const missed: string[] = [];
  let tell = (_change: Change<Deployment>) => {};
  reportMisses({
    caches: {
      functions: { get: () => fn },
      deployments: {
        onChange(listener: typeof tell) {
          tell = listener;
        },
      },
    } as unknown as MissOptions['caches'],
    isOwnScale: () => isOwnScale,
    missed: (key) => void missed.push(key),
  });
  const [from, to] = change;
  tell({ key: 'shop/fn-hello', current: scaled(to), previous: scaled(from) });
  return missed;
}

it.each<[string, string[], string[]]>([
  [
    'a function that warm pods could run and that was woken otherwise',
    missesOf(aPooledFunction(), [0, 1]),
    [POOL_KEY],
  ],
  ['no function that they cannot run', missesOf(aFunction(), [0, 1]), []],
  ['no growth', missesOf(aPooledFunction(), [1, 2]), []],
  ['no sleep', missesOf(aPooledFunction(), [1, 0]), []],
  ['nothing that the operator did', missesOf(aPooledFunction(), [0, 1], true), []],
])('counts %s', (_, missed, expected) => expect(missed).toEqual(expected));
