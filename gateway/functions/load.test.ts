import { beforeEach, describe, expect, it } from 'vitest';
import { FunctionState } from './function-state.ts';
import type { Limits } from './limits.ts';
import { LoadBook } from './load.ts';

let now = 0;
let loads: LoadBook;
let fn: FunctionState;
beforeEach(() => {
  now = 0;
  loads = new LoadBook(() => now);
  fn = new FunctionState('shop/hello', {} as Limits, undefined);
});

describe('LoadBook', () => {
  it('weighs the level by time', () => {
    loads.arrive(fn);
    now = 250;
    loads.arrive(fn);
    now = 500;
    loads.leave(fn);
    loads.leave(fn);
    now = 1_000;
    expect(loads.takePeriod()).toEqual({ 'shop/hello': { concurrency: 0.75, queued: 0, arrivals: 2 } });
  });

  it('goes on with calls that last, and forgets functions without any', () => {
    loads.arrive(fn);
    now = 1_000;
    loads.takePeriod();
    now = 2_000;
    expect(loads.takePeriod()).toEqual({ 'shop/hello': { concurrency: 1, queued: 0, arrivals: 0 } });
    loads.leave(fn);
    now = 3_000;
    expect(loads.takePeriod()).toEqual({});
    expect(fn.load).toBeUndefined();
  });

  it('counts a short call even when it is over by the end of the period', () => {
    now = 100;
    loads.arrive(fn);
    now = 101;
    loads.leave(fn);
    now = 1_000;
    expect(loads.takePeriod()['shop/hello']).toMatchObject({ arrivals: 1, concurrency: 0.001 });
  });

  it('tells of a function that just woke with its present level, without ending the period', () => {
    let fresh = 0;
    loads.onFresh = () => {
      fresh += 1;
    };
    now = 900;
    loads.arrive(fn);
    loads.arrive(fn);
    expect(fresh).toBe(1);
    expect(loads.peek()).toEqual({ 'shop/hello': { concurrency: 2, queued: 0, arrivals: 2 } });
    now = 1_000;
    expect(loads.takePeriod()).toEqual({ 'shop/hello': { concurrency: 0.2, queued: 0, arrivals: 2 } });
  });
});
