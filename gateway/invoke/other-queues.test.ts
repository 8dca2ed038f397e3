import { beforeEach, describe, expect, it } from 'vitest';
import { BELIEVED_MS, hasRoom, OtherQueues, shareOf } from './other-queues.ts';

const KEY = 'shop/hello';

let queues: OtherQueues;
beforeEach(() => {
  queues = new OtherQueues();
});

const waiting = (entries: Record<string, number>) => new Map(Object.entries(entries));

describe('OtherQueues', () => {
  it('adds up what gateways say, each of them the last thing', () => {
    queues.hear('a', waiting({ [KEY]: 3, 'shop/other': 1 }), 0);
    queues.hear('b', waiting({ [KEY]: 4 }), 0);
    expect(queues.of(KEY)).toEqual({ waiting: 7, gateways: 2 });
    queues.hear('a', waiting({ [KEY]: 1 }), 100);
    expect(queues.of(KEY)).toEqual({ waiting: 5, gateways: 2 });
    expect(queues.of('shop/other')).toEqual({ waiting: 0, gateways: 0 });
    queues.hear('a', waiting({}), 200);
    expect(queues.of(KEY)).toEqual({ waiting: 4, gateways: 1 });
  });

  it('forgets a gateway that is silent, and no other', () => {
    queues.hear('a', waiting({ [KEY]: 3 }), 0);
    queues.hear('b', waiting({ [KEY]: 4 }), 1_000);
    queues.expire(BELIEVED_MS - 1);
    expect(queues.of(KEY).waiting).toBe(7);
    queues.expire(BELIEVED_MS);
    expect(queues.of(KEY)).toEqual({ waiting: 4, gateways: 1 });
    queues.expire(BELIEVED_MS + 1_000);
    expect(queues.of(KEY)).toEqual({ waiting: 0, gateways: 0 });
  });
});

it('says of which functions more or fewer calls wait than before', () => {
  const changed: string[] = [];
  const told = new OtherQueues((key) => changed.push(key));
  told.hear('a', waiting({ [KEY]: 3, 'shop/other': 1 }), 0);
  told.hear('a', waiting({ [KEY]: 2, 'shop/other': 1 }), 100);
  expect(changed).toEqual([KEY, 'shop/other', KEY]);
  told.hear('a', waiting({ [KEY]: 2 }), 200);
  told.expire(200 + BELIEVED_MS);
  expect(changed.slice(3)).toEqual(['shop/other', KEY]);
});

describe('the share of a pod', () => {
  it.each([
    ['is all of it while nobody else waits', 10, 7, { waiting: 0, gateways: 0 }, 10],
    ['is half of it where as many wait at one other', 10, 50, { waiting: 50, gateways: 1 }, 5],
    ['is rounded up', 5, 50, { waiting: 50, gateways: 1 }, 3],
    ['goes by what waits', 10, 30, { waiting: 70, gateways: 1 }, 3],
    ['leaves each of the others a place', 10, 1_000, { waiting: 2, gateways: 2 }, 8],
    ['is a place at least', 10, 1, { waiting: 1_000, gateways: 1 }, 1],
    ['is the only place', 1, 1, { waiting: 1_000, gateways: 3 }, 1],
  ])('%s', (_case, concurrency, here, other, expected) => {
    expect(shareOf(concurrency, here, other)).toBe(expected);
  });
});

describe('a call may wait', () => {
  it.each([
    ['alone, below the bound', 999, { waiting: 0, gateways: 0 }, true],
    ['alone, at the bound', 1_000, { waiting: 0, gateways: 0 }, false],
    ['with room among all', 400, { waiting: 599, gateways: 1 }, true],
    ['with none among all, and more than its share here', 500, { waiting: 500, gateways: 1 }, false],
    ['with none among all, and less than its share here', 499, { waiting: 1_000, gateways: 1 }, true],
    ['as one of four', 249, { waiting: 1_000, gateways: 3 }, true],
    ['as one of four, at its share', 250, { waiting: 1_000, gateways: 3 }, false],
  ])('%s', (_case, here, other, expected) => {
    expect(hasRoom(here, other, 1_000)).toBe(expected);
  });

  it('each gateway has one place at least', () => {
    expect(hasRoom(0, { waiting: 1, gateways: 1 }, 1)).toBe(true);
    expect(hasRoom(1, { waiting: 0, gateways: 0 }, 1)).toBe(false);
  });

  it('over its share, a gateway takes no more until all together are below the bound', () => {
    const queueOf = { a: 1_000, b: 0 };
    // Both have more callers than they can serve; each second both serve a hundred.
    for (let second = 0; second < 20; second++) {
      const seen = { ...queueOf };
      for (const [here, there] of [
        ['a', 'b'],
        ['b', 'a'],
      ] as const) {
        queueOf[here] = Math.max(0, queueOf[here] - 100);
        const other = { waiting: seen[there], gateways: seen[there] > 0 ? 1 : 0 };
        for (let i = 0; i < 300 && hasRoom(queueOf[here], other, 1_000); i++) queueOf[here] += 1;
      }
    }
    expect(queueOf).toEqual({ a: 500, b: 500 });
  });
});
