import { expect, it } from 'vitest';
import { Demand } from './demand.ts';

const burst = (demand: Demand, count: number, atMs: number) => {
  for (let i = 0; i < count; i++) demand.note(atMs + i);
};

it('is eight at least, and as many as were wanted within a second, up to 64', () => {
  const demand = new Demand(8);
  expect(demand.spares(0, true)).toBe(8);
  burst(demand, 20, 1_000);
  expect(demand.spares(2_000, true)).toBe(20);
  burst(demand, 100, 10_000);
  expect(demand.spares(20_000, true)).toBe(64);
});

it('does not add up what came one after the other', () => {
  const demand = new Demand(8);
  for (let second = 0; second < 100; second++) demand.note(second * 2_000);
  expect(demand.spares(200_000, true)).toBe(8);
});

it('forgets a burst after five minutes', () => {
  const demand = new Demand(8);
  burst(demand, 30, 0);
  burst(demand, 10, 200_000);
  expect(demand.spares(300_000, true)).toBe(30);
  expect(demand.spares(300_100, true)).toBe(8);
});

it('does without more than the least when memory is short', () => {
  const demand = new Demand(8);
  burst(demand, 30, 0);
  expect(demand.spares(100, false)).toBe(8);
});
