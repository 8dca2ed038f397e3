/** Two gateways that share the pods of a function, with pods that count and refuse as the runtime does. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FunctionState } from '#gateway/functions/function-state.ts';
import type { Limits } from '#gateway/functions/limits.ts';
import { LoadBook } from '#gateway/functions/load.ts';
import { Pod } from '#gateway/pods/pod.ts';
import { Admission } from './admission.ts';
import type { Place, Waiter } from './call-queue.ts';
import { OtherQueues } from './other-queues.ts';

const KEY = 'shop/hello';
const WIRE_MS = 1;
const NOTICE_MS = 100;

const now = () => performance.now();

/** What both gateways send calls to. */
class Server {
  running = 0;
  readonly concurrency: number;
  constructor(concurrency: number) {
    this.concurrency = concurrency;
  }
}

class Gateway {
  readonly fn: FunctionState;
  readonly otherQueues = new OtherQueues(() => this.admission.othersChanged(this.fn));
  readonly admission: Admission;
  /** Callers that call again as soon as they have an answer. */
  callers = 0;
  done = 0;
  refusals = 0;
  private readonly servers = new Map<Pod, Server>();
  private readonly serviceMs: () => number;

  constructor(limits: Limits, serviceMs: () => number) {
    this.fn = new FunctionState(KEY, limits, undefined);
    this.serviceMs = serviceMs;
    this.admission = new Admission({
      now,
      loads: new LoadBook(now),
      otherQueues: this.otherQueues,
      onStarved: () => {},
      onCrowded: () => {},
      onQuiet: () => {},
      onColdStart: () => {},
    });
  }

  /** A pod came up. */
  add(name: string, server: Server): void {
    const view = { uid: name, name, ownerKey: KEY, warm: false, gated: false, address: '127.0.0.1' };
    const pod = new Pod({ ...view, ready: true, leaving: false, loadFailure: undefined }, 8080, now());
    this.servers.set(pod, server);
    this.fn.pods = [...this.fn.pods, pod];
    this.admission.podsChanged(this.fn);
  }

  call(callers: number): void {
    this.callers += callers;
    for (let i = 0; i < callers; i++) this.admission.enter(this.fn, this.waiter());
  }

  /** As the network, the pod and the gateway's Call do. */
  send(waiter: Waiter, pod: Pod): void {
    const { admission, fn } = this;
    const server = this.servers.get(pod) as Server;
    setTimeout(() => {
      if (server.running >= server.concurrency) {
        this.refusals += 1;
        setTimeout(() => {
          admission.full(fn, pod);
          admission.requeue(fn, pod, waiter, now() + 60_000);
        }, WIRE_MS);
        return;
      }
      server.running += 1;
      setTimeout(() => {
        const told = server.running;
        server.running -= 1;
        setTimeout(() => this.end(pod, told), WIRE_MS);
      }, this.serviceMs());
    }, WIRE_MS);
  }

  private end(pod: Pod, told: number): void {
    const { admission, fn } = this;
    pod.tellsRunning(told);
    admission.leave(fn);
    admission.release(fn, pod);
    this.done += 1;
    if (fn.inFlight + fn.waiting < this.callers) admission.enter(fn, this.waiter());
  }

  private waiter(): Waiter {
    const waiter: Waiter = {
      place: undefined as Place | undefined,
      run: (pod) => this.send(waiter, pod),
      refuse: () => {},
    };
    return waiter;
  }
}

/** Spread evenly: calls of the same length would end at the same moment for ever. */
function serviceTimes(meanMs: number): () => number {
  let n = 0;
  return () => {
    n += 1;
    return meanMs * (0.8 + 0.4 * ((n * 0.618_034) % 1));
  };
}

let gateways: [Gateway, Gateway];
let servers: Server[];

function setUp({ pods, concurrency, serviceMs }: { pods: number; concurrency: number; serviceMs: number }) {
  const limits = { concurrency, maxDepth: 10_000, maxWaitMs: 60_000, timeoutMs: 60_000, maxReplicas: pods };
  const make = () => new Gateway(limits as Limits, serviceTimes(serviceMs));
  gateways = [make(), make()];
  servers = Array.from({ length: pods }, () => new Server(concurrency));
  for (const [i, server] of servers.entries())
    for (const gateway of gateways) gateway.add(`pod-${i}`, server);
}

function advance(ms: number): void {
  for (let passed = 0; passed < ms; passed += NOTICE_MS) {
    vi.advanceTimersByTime(NOTICE_MS);
    const [a, b] = gateways;
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const { waiting } = from.fn;
      to.otherQueues.hear(from === a ? 'a' : 'b', new Map(waiting > 0 ? [[KEY, waiting]] : []), now());
    }
  }
}

/** What is done and refused within so long. */
function within(ms: number) {
  const count = () => gateways.map(({ done, refusals }) => ({ done, refusals }));
  const before = count();
  advance(ms);
  const [a, b] = count().map(({ done, refusals }, i) => ({
    done: done - (before[i]?.done ?? 0),
    refusals: refusals - (before[i]?.refusals ?? 0),
  })) as [{ done: number; refusals: number }, { done: number; refusals: number }];
  return { a, b, done: a.done + b.done, refusals: a.refusals + b.refusals };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('two gateways', () => {
  it.each([
    { pods: 20, concurrency: 10, serviceMs: 1_000, callers: [100, 100] },
    { pods: 20, concurrency: 10, serviceMs: 1_000, callers: [150, 150] },
    { pods: 4, concurrency: 10, serviceMs: 1_000, callers: [100, 100] },
    { pods: 20, concurrency: 10, serviceMs: 50, callers: [130, 90] },
    { pods: 10, concurrency: 1, serviceMs: 500, callers: [20, 20] },
  ])('fill $pods pods of $concurrency calls of $serviceMs ms for $callers callers', (scene) => {
    setUp(scene);
    for (const [i, gateway] of gateways.entries()) gateway.call(scene.callers[i] ?? 0);
    advance(2_000);
    const { done, refusals } = within(10_000);
    const possible = (10_000 / (scene.serviceMs + 2 * WIRE_MS)) * scene.pods * scene.concurrency;
    expect(done).toBeGreaterThan(0.9 * possible);
    // For a pod that is all another's it is asked once a second.
    expect(refusals).toBeLessThan(Math.max(0.1 * done, 11 * scene.pods));
  });

  it('give up to each other what they do not need', () => {
    setUp({ pods: 10, concurrency: 10, serviceMs: 200 });
    const [a, b] = gateways;
    a.call(100);
    b.call(100);
    advance(3_000);
    b.callers = 0;
    advance(1_000);
    expect(within(5_000).a.done).toBeGreaterThan(0.9 * (5_000 / 202) * 100);
    b.call(100);
    advance(2_000);
    const shared = within(5_000);
    expect(shared.b.done).toBeGreaterThan(0.4 * shared.done);
  });
});
