import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Failure } from '#gateway/errors.ts';
import { problems } from '#gateway/errors.ts';
import { FunctionState } from '#gateway/functions/function-state.ts';
import type { Limits } from '#gateway/functions/limits.ts';
import { LoadBook } from '#gateway/functions/load.ts';
import { Pod } from '#gateway/pods/pod.ts';
import { Admission } from './admission.ts';
import type { Place, Waiter } from './call-queue.ts';
import { BELIEVED_MS, OtherQueues } from './other-queues.ts';

const limits: Limits = {
  concurrency: 1,
  maxReplicas: 3,
  timeoutMs: 1_000,
  maxDepth: 3,
  maxWaitMs: 60_000,
  async: {
    maxAttempts: 1,
    backoffMs: 1,
    maxBackoffMs: 1,
    maxAgeMs: 1,
    maxBacklog: 1,
    retryOn: undefined,
    onSuccess: undefined,
    onFailure: undefined,
  },
};

class TestCall implements Waiter {
  place: Place | undefined = undefined;
  pod: Pod | undefined = undefined;
  coldMs: number | undefined = undefined;
  refusal: Failure | undefined = undefined;
  run(pod: Pod, coldMs: number | undefined): void {
    this.pod = pod;
    this.coldMs = coldMs;
  }
  refuse(reason: Failure): void {
    this.refusal = reason;
  }
}

let now = 0;
let starved = 0;
let crowded = 0;
let coldStarts: number[] = [];
let loads: LoadBook;
let otherQueues: OtherQueues;
let admission: Admission;
let fn: FunctionState;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  now = 0;
  starved = 0;
  crowded = 0;
  coldStarts = [];
  loads = new LoadBook(() => now);
  otherQueues = new OtherQueues(() => admission.othersChanged(fn));
  admission = new Admission({
    now: () => now,
    loads,
    otherQueues,
    onStarved: () => {
      starved += 1;
    },
    onCrowded: () => {
      crowded += 1;
    },
    onQuiet: () => {},
    onColdStart: (_, __, ms) => coldStarts.push(ms),
  });
  fn = new FunctionState('shop/hello', limits, undefined);
});
afterEach(() => {
  vi.useRealTimers();
});

function pod(name: string, state: Pod['state'] = 'up'): Pod {
  const view = {
    uid: name,
    name,
    ownerKey: fn.key,
    warm: false,
    gated: false,
    address: '127.0.0.1',
    ready: false,
    leaving: false,
    loadFailure: undefined,
  };
  const made = new Pod(view, 8080, now);
  made.state = state;
  fn.pods = [...fn.pods, made];
  return made;
}

function enter(count: number): TestCall[] {
  return Array.from({ length: count }, () => {
    const call = new TestCall();
    admission.enter(fn, call);
    return call;
  });
}

function advance(ms: number): void {
  now += ms;
  vi.advanceTimersByTime(ms);
}

describe('Admission', () => {
  it('fills pods up to their limit and keeps the rest waiting, in order', () => {
    const [a, b] = [pod('a'), pod('b')];
    const calls = enter(4);
    expect(calls.map((call) => call.pod?.name)).toEqual(['a', 'b', undefined, undefined]);
    admission.release(fn, b);
    admission.release(fn, a);
    expect(calls.map((call) => call.pod?.name)).toEqual(['a', 'b', 'b', 'a']);
    expect([fn.inFlight, fn.waiting]).toEqual([2, 0]);
    expect([starved, crowded]).toEqual([0, 2]);
  });

  it('refuses what exceeds the queue', () => {
    const calls = enter(4);
    expect(calls.map((call) => call.refusal?.problem)).toEqual([
      undefined,
      undefined,
      undefined,
      problems.QueueFull,
    ]);
    expect(starved).toBe(3);
  });

  it('counts what waits at other gateways, as long as it is heard of', () => {
    otherQueues.hear('other', new Map([[fn.key, 2]]), now);
    const calls = enter(3);
    expect(calls.map((call) => call.refusal?.problem)).toEqual([undefined, undefined, problems.QueueFull]);
    expect(calls[2]?.refusal?.detail).toBe(
      '4 calls wait for shop/hello already; spec.queue.maxDepth allows 3.',
    );
    otherQueues.expire(BELIEVED_MS);
    expect(enter(1)[0]?.refusal).toBeUndefined();
  });

  it('does not care how many wait elsewhere when a pod has room', () => {
    const only = pod('a');
    otherQueues.hear('other', new Map([[fn.key, 100]]), now);
    expect(enter(1)[0]?.pod).toBe(only);
  });

  it('refuses a call whose time has come, and not its successor', () => {
    const [first] = enter(1);
    advance(30_000);
    const [second] = enter(1);
    advance(30_000);
    expect(first?.refusal?.problem).toBe(problems.QueueTimeout);
    expect(second?.refusal).toBeUndefined();
    advance(30_000);
    expect(second?.refusal?.problem).toBe(problems.QueueTimeout);
    expect(fn.queue).toBeUndefined();
  });

  it('puts a call back in front of all others', () => {
    const only = pod('a');
    const [first, second] = enter(2) as [TestCall, TestCall];
    only.state = 'starting';
    admission.requeue(fn, only, first, 60_000);
    first.pod = undefined;
    only.state = 'up';
    admission.podsChanged(fn);
    expect([first.pod, second.pod]).toEqual([only, undefined]);
  });

  it('leaves a pod alone for a moment that says that it is full', () => {
    const only = pod('a');
    const [call] = enter(1) as [TestCall];
    admission.full(fn, only);
    admission.requeue(fn, only, call, 60_000);
    call.pod = undefined;
    advance(19);
    expect(call.pod).toBeUndefined();
    advance(1);
    expect(call.pod).toBe(only);
  });

  it('sends a pod that it shares with others what it took before, and one call more at a time', () => {
    fn.limits = { ...limits, concurrency: 4, maxDepth: 10 };
    const only = pod('a');
    const calls = enter(6);
    const running = () => calls.filter((call) => call.pod).length;
    for (const call of calls.slice(2, 4)) {
      admission.full(fn, only);
      admission.requeue(fn, only, call, 60_000);
      call.pod = undefined;
    }
    expect(running()).toBe(2);
    advance(20);
    expect(running()).toBe(3);
    admission.release(fn, only);
    expect(running()).toBe(4);
  });

  it('takes its share of a pod while calls wait elsewhere, and the rest as soon as none does', () => {
    fn.limits = { ...limits, concurrency: 10, maxDepth: 100 };
    const first = enter(8);
    otherQueues.hear('other', new Map([[fn.key, 8]]), now);
    pod('a');
    admission.podsChanged(fn);
    const running = () => first.filter((call) => call.pod).length;
    expect([running(), fn.waiting]).toEqual([5, 3]);
    otherQueues.hear('other', new Map(), now);
    expect([running(), fn.waiting]).toEqual([8, 0]);
  });

  it('asks one of many full pods at a time, and twice as many while none refuses', () => {
    fn.limits = { ...limits, concurrency: 2, maxDepth: 100 };
    const pods = Array.from({ length: 8 }, (_, i) => pod(`pod-${i}`));
    const calls = enter(24);
    for (const only of pods) {
      const refused = calls.find((call) => call.pod === only) as TestCall;
      admission.full(fn, only);
      admission.requeue(fn, only, refused, 60_000);
      refused.pod = undefined;
    }
    const running = () => fn.inFlight;
    expect(running()).toBe(8);
    const offered = [1, 2, 3, 4].map(() => {
      const before = running();
      advance(20);
      return running() - before;
    });
    expect(offered).toEqual([1, 2, 4, 1]);
  });

  it('measures a cold start from the first call that found no pod', () => {
    const [first] = enter(1);
    now = 40;
    const [second] = enter(1);
    now = 100;
    const only = pod('a');
    admission.podsChanged(fn);
    expect(coldStarts).toEqual([100]);
    admission.release(fn, only);
    expect([first?.coldMs, second?.pod, second?.coldMs]).toEqual([100, only, undefined]);
  });

  it('does not call it a cold start when a pod was only busy', () => {
    const busy = pod('a');
    enter(2);
    admission.release(fn, busy);
    expect(coldStarts).toEqual([]);
    expect(starved).toBe(0);
  });

  it('forgets a waiter that withdraws', () => {
    const [first, second] = enter(2) as [TestCall, TestCall];
    expect(admission.withdraw(fn, first)).toBe(true);
    expect(admission.withdraw(fn, first)).toBe(false);
    pod('a');
    admission.podsChanged(fn);
    expect([first.pod?.name, second.pod?.name]).toEqual([undefined, 'a']);
  });

  it('lets one call per 10 s try code that does not load', () => {
    fn.verdict = { problem: problems.LoadFailed, message: 'line 3', since: 'a' };
    now = 1_000;
    const calls = enter(2);
    expect(calls.map((call) => call.refusal?.detail)).toEqual([undefined, 'line 3']);
    advance(9_999);
    expect(enter(1)[0]?.refusal).toBeDefined();
    advance(1);
    expect(enter(1)[0]?.refusal).toBeUndefined();
  });

  it('shortens the wait for a function whose status says that it cannot start', () => {
    fn.verdict = { problem: problems.ImagePullFailed, message: 'no such image', since: 'a' };
    const [call] = enter(1);
    advance(5_000);
    expect(call?.refusal).toEqual({ problem: problems.ImagePullFailed, detail: 'no such image' });
  });

  it('does not care about a bad status while a pod is up', () => {
    fn.verdict = { problem: problems.LoadFailed, message: 'new code', since: 'a' };
    pod('old revision');
    expect(enter(1)[0]?.pod?.name).toBe('old revision');
  });
});
