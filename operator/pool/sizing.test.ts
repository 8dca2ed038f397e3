import { expect, it } from 'vitest';
import { createSizing } from './sizing.ts';

function stage(present: Record<string, number>) {
  let nowMs = 0;
  const sizing = createSizing({ min: 1, max: 30, total: 200 }, () => nowMs);
  const sizes = (pools = present) => Object.fromEntries(sizing.sizes(new Map(Object.entries(pools))));
  return {
    sizing,
    sizes,
    wait: (seconds: number) => {
      nowMs += seconds * 1000;
    },
  };
}

it('holds what it finds for five minutes, and goes by what it saw from then on', () => {
  const s = stage({ a: 12, b: 1 });
  expect(s.sizes()).toEqual({ a: 12, b: 1 });
  s.wait(200);
  for (let i = 0; i < 3; i++) s.sizing.claimed('a');
  expect(s.sizes()).toEqual({ a: 12, b: 1 });
  s.wait(100);
  expect(s.sizes()).toEqual({ a: 4, b: 1 });
  s.wait(200);
  expect(s.sizes()).toEqual({ a: 1, b: 1 });
});

it('grows at once, and begins a new pool at the floor', () => {
  const s = stage({});
  expect(s.sizes({ a: 0 })).toEqual({ a: 1 });
  s.sizing.claimed('a');
  s.sizing.claimed('a');
  expect(s.sizes({ a: 1 })).toEqual({ a: 3 });
});

it('forgets a pool that is not needed any more', () => {
  const s = stage({ a: 1 });
  s.sizes();
  s.sizing.claimed('a');
  expect(s.sizes({})).toEqual({});
  expect(s.sizes()).toEqual({ a: 1 });
});

it('has a pod for each function that waits, as long as that is said', () => {
  const s = stage({ a: 1 });
  s.sizing.starved(new Map([['a', 7]]));
  expect(s.sizes()).toEqual({ a: 8 });
  s.wait(5);
  expect(s.sizes()).toEqual({ a: 1 });
  s.sizing.starved(new Map([['a', 70]]));
  expect(s.sizes()).toEqual({ a: 30 });
  s.sizing.starved(new Map());
  expect(s.sizes()).toEqual({ a: 1 });
});

it('knows what is wanted of a pool now', () => {
  const s = stage({ a: 1 });
  expect(s.sizing.demandOf('a')).toEqual({ waiting: 0, recent: 0 });
  s.sizing.claimed('a');
  s.wait(9);
  s.sizing.claimed('a');
  s.sizing.starved(new Map([['a', 7]]));
  expect(s.sizing.demandOf('a')).toEqual({ waiting: 7, recent: 2 });
  s.wait(1);
  expect(s.sizing.demandOf('a')).toEqual({ waiting: 7, recent: 1 });
  s.wait(4);
  expect(s.sizing.demandOf('a')).toEqual({ waiting: 0, recent: 1 });
});
