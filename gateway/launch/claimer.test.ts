import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { claimSigningKey } from '#crds/wire/claim.ts';
import { FunctionState } from '#gateway/functions/function-state.ts';
import type { Limits } from '#gateway/functions/limits.ts';
import { CallQueue } from '#gateway/invoke/call-queue.ts';
import { Pod } from '#gateway/pods/pod.ts';
import { ClaimBook } from './claim-book.ts';
import { Claimer } from './claimer.ts';

const POOL = 'shop/~nodejs26-0';
let warm: Pod[];
let asked: string[];
let exhausted: string[];
let starting: Set<FunctionState>;
let claimer: Claimer;

beforeEach(() => {
  warm = [];
  asked = [];
  exhausted = [];
  starting = new Set();
  claimer = new Claimer({
    table: { warmPods: () => warm, adopt: () => true },
    // Never answers: what is to be seen is who asks.
    specs: {
      get(functionKey) {
        asked.push(functionKey);
        return new Promise(() => {});
      },
    },
    book: new ClaimBook(() => 0),
    patience: { claiming: () => {} },
    signingKey: claimSigningKey(Buffer.alloc(32)),
    now: () => 0,
    log: pino({ level: 'silent' }),
    onExhausted: ({ key }) => void exhausted.push(key),
    isStarting: (fn) => starting.has(fn),
    onLoadFailed: () => {},
    onOutcome: () => {},
  });
});

function pod(uid: string, state: Pod['state'] = 'up'): Pod {
  const view = {
    uid,
    name: uid,
    ownerKey: POOL,
    warm: true,
    gated: false,
    address: '127.0.0.1',
    ready: false,
  };
  const made = new Pod({ ...view, leaving: false, loadFailure: undefined }, 8080, 0);
  made.state = state;
  return made;
}

function waiting(name: string, calls: number, maxReplicas = 20): FunctionState {
  const fn = new FunctionState(`shop/${name}`, { concurrency: 10, maxReplicas } as Limits, undefined);
  fn.launch = { poolKey: POOL, shared: false, digest: '0' };
  fn.queue = new CallQueue();
  for (let i = 0; i < calls; i++) fn.queue.push({ place: undefined, run() {}, refuse() {} }, 0);
  return fn;
}

it('claims one pod for a few calls, and no second one while that is under way', () => {
  warm = [pod('a'), pod('b'), pod('c')];
  const fn = waiting('hello', 5);
  expect(claimer.claim(fn)).toBe(true);
  expect(claimer.claim(fn)).toBe(true);
  expect(asked).toEqual(['shop/hello']);
});

it('claims as many as the calls need, but leaves half of the pool to others', () => {
  warm = ['a', 'b', 'c', 'd', 'e', 'f'].map((uid) => pod(uid));
  claimer.claim(waiting('many', 1_000));
  expect(asked).toHaveLength(3);
});

it('claims although a pod of its own is on its way, unless it may have only one', () => {
  warm = [pod('a')];
  const roomy = waiting('roomy', 1);
  roomy.pods = [pod('own', 'starting')];
  expect(claimer.claim(roomy)).toBe(true);
  const single = waiting('single', 1, 1);
  single.pods = [pod('own', 'starting')];
  expect(claimer.claim(single)).toBe(false);
});

it('comes back to functions that found the pool empty, in the order in which they came', () => {
  const [first, second] = [waiting('first', 1), waiting('second', 1)];
  expect(claimer.claim(first)).toBe(false);
  expect(claimer.claim(second)).toBe(false);
  warm = [pod('a')];
  claimer.poolChanged(POOL);
  expect(asked[0]).toBe('shop/first');
});

it('serves functions without a pod of their own on the way before those with one', () => {
  const [first, second] = [waiting('first', 1), waiting('second', 1)];
  claimer.claim(first);
  claimer.claim(second);
  starting.add(first);
  warm = [pod('a')];
  claimer.poolChanged(POOL);
  expect(asked[0]).toBe('shop/second');
});

it('comes to an end with functions that may not have a warm pod', () => {
  const single = waiting('single', 1, 1);
  single.pods = [pod('own', 'starting')];
  claimer.claim(single);
  warm = [pod('a')];
  claimer.poolChanged(POOL);
  claimer.poolChanged(POOL);
  expect(asked).toEqual([]);
});

it('claims nothing for functions without a launch spec', () => {
  warm = [pod('a')];
  const fn = waiting('dedicated', 1);
  fn.launch = undefined;
  expect(claimer.claim(fn)).toBe(false);
  expect(asked).toEqual([]);
});

it('tells how many functions wait and have no pod of their own on the way', () => {
  const [served, starts, waits] = [waiting('served', 1), waiting('starts', 1), waiting('waits', 1)];
  for (const fn of [served, starts, waits]) claimer.claim(fn);
  expect(claimer.starvingCounts()).toEqual(new Map([[POOL, 3]]));
  served.pods = [pod('a')];
  starting.add(starts);
  expect(claimer.starvingCounts()).toEqual(new Map([[POOL, 1]]));
  waits.pods = [pod('b')];
  claimer.poolChanged(POOL);
  expect(claimer.starvingCounts()).toEqual(new Map());
});

describe('growing', () => {
  const busy = (name: string, calls: number, up: number, maxReplicas?: number) => {
    const fn = waiting(name, calls, maxReplicas);
    fn.pods = Array.from({ length: up }, (_, index) => pod(`own-${index}`));
    return fn;
  };
  beforeEach(() => {
    warm = Array.from({ length: 12 }, (_, index) => pod(`warm-${index}`));
  });

  it.each([
    ['what waits asks for', busy('busy', 25, 5), 3],
    ['it has already', busy('busy', 100, 2), 2],
    ['maxReplicas leaves', busy('busy', 100, 10, 12), 2],
    ['half of the pool is', busy('busy', 100, 8), 6],
  ])('claims as many pods as %s', (_, fn, count) => {
    claimer.grow(fn);
    expect(asked).toHaveLength(count);
  });

  it('counts claims under way', () => {
    const fn = busy('busy', 25, 5);
    claimer.grow(fn);
    claimer.grow(fn);
    expect(asked).toHaveLength(3);
  });

  it('leaves the last pod to functions that have none', () => {
    warm = [pod('last')];
    claimer.grow(busy('busy', 100, 2));
    expect(asked).toEqual([]);
  });

  it('waits while others find no pod at all', () => {
    const pods = warm;
    warm = [];
    claimer.claim(waiting('starving', 1));
    warm = pods;
    claimer.grow(busy('busy', 100, 2));
    expect(asked).toEqual([]);
  });

  it('has nothing to claim for a function that is not of a pool, or shares hosts', () => {
    const [dedicated, shared] = [busy('dedicated', 100, 2), busy('shared', 100, 2)];
    dedicated.launch = undefined;
    shared.launch = { poolKey: POOL, shared: true, digest: '0' };
    claimer.grow(dedicated);
    claimer.grow(shared);
    expect(asked).toEqual([]);
  });
});
