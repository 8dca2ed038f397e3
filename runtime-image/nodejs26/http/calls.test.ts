import { describe, expect, it, vi } from 'vitest';
import type { Call } from './call.ts';
import { Calls } from './calls.ts';

const call = (state: Partial<Call> = {}) => ({ timedOut: false, deadline: 0, ...state }) as Call;

describe('Calls', () => {
  it('admits up to its limit', () => {
    const calls = new Calls(2);
    const first = call();
    calls.add(first);
    expect(calls.rejection()).toBeUndefined();
    calls.add(call());
    expect(calls.rejection()).toBe('concurrency');
    calls.delete(first);
    expect(calls.rejection()).toBeUndefined();
  });

  it('refuses everything once told to', () => {
    const calls = new Calls(2);
    calls.refuseNew();
    expect(calls.rejection()).toBe('draining');
  });

  it('is idle when nobody waits for an answer', async () => {
    const calls = new Calls(2);
    const running = call();
    calls.add(call({ timedOut: true }));
    expect(calls.idle).toBe(true);
    calls.add(running);
    expect(calls.idle).toBe(false);
    const onChange = vi.fn();
    calls.onChange = onChange;
    calls.delete(running);
    expect(onChange).toHaveBeenCalledOnce();
    const { promise, resolve } = Promise.withResolvers<void>();
    calls.addBackground(promise);
    expect(calls.idle).toBe(false);
    resolve();
    await promise;
    await Promise.resolve();
    expect(calls.idle).toBe(true);
  });

  it('is stuck when every place is held beyond the grace', () => {
    const calls = new Calls(2);
    calls.add(call({ timedOut: true, deadline: 1_000 }));
    expect(calls.stuck(9_000, 5_000)).toBe(false);
    calls.add(call({ timedOut: true, deadline: 2_000 }));
    expect(calls.stuck(6_999, 5_000)).toBe(false);
    expect(calls.stuck(7_000, 5_000)).toBe(true);
  });
});
