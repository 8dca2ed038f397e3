/**
 * Who runs where and who waits: gives calls a place on a pod, keeps the rest in order, and refuses what
 * cannot be helped. Everything here is synchronous bookkeeping; I/O is the caller's.
 */
import { type Failure, failure, problems } from '#gateway/errors.ts';
import type { FunctionState } from '#gateway/functions/function-state.ts';
import { sameVerdict, type Verdict } from '#gateway/functions/limits.ts';
import type { LoadBook } from '#gateway/functions/load.ts';
import { pickPod } from '#gateway/pods/balancer.ts';
import type { Pod } from '#gateway/pods/pod.ts';
import { CallQueue, type Waiter } from './call-queue.ts';
import { Offers } from './offers.ts';
import { hasRoom, type OtherQueues, shareOf } from './other-queues.ts';

/** How long a call waits at most when the function's status says that it cannot start. */
const DOUBTFUL_WAIT_MS = 5_000;
/** How often a call may try code that does not load. */
const TRIAL_PERIOD_MS = 10_000;

export interface AdmissionOptions {
  readonly now: () => number;
  readonly loads: LoadBook;
  readonly otherQueues: Pick<OtherQueues, 'of'>;
  /** A call waits and the function has no pod that could take it: get one. */
  readonly onStarved: (fn: FunctionState) => void;
  /** A call waits, and all pods that could take it are full. */
  readonly onCrowded: (fn: FunctionState) => void;
  /** No call waits any more. */
  readonly onQuiet: (fn: FunctionState) => void;
  /** The first call since the function had no pod got a place, after so long. */
  readonly onColdStart: (fn: FunctionState, pod: Pod, ms: number) => void;
}

export class Admission {
  private readonly options: AdmissionOptions;
  private readonly offers: Offers;

  constructor(options: AdmissionOptions) {
    this.options = options;
    this.offers = new Offers({
      now: options.now,
      enough: (fn) => this.enough(fn),
      handOut: (fn) => this.handOut(fn),
    });
  }

  /** A new call: runs it, queues it or refuses it before returning. Pair with {@link leave}. */
  enter(fn: FunctionState, waiter: Waiter): void {
    this.options.loads.arrive(fn);
    if (fn.waiting === 0) {
      const pod = pickPod(fn.pods, this.shareOf(fn, 1));
      if (pod) {
        this.occupy(fn, pod, waiter, undefined);
        return;
      }
    }
    this.wait(fn, waiter);
  }

  /** The call has come to its end, whatever that was. */
  leave(fn: FunctionState): void {
    this.options.loads.leave(fn);
  }

  /** The waiter gives up; false when it was not waiting. */
  withdraw(fn: FunctionState, waiter: Waiter): boolean {
    if (!fn.queue?.remove(waiter)) return false;
    this.afterQueueShrank(fn);
    return true;
  }

  /** Gives a place back; the next call gets it. */
  release(fn: FunctionState, pod: Pod): void {
    pod.inFlight -= 1;
    fn.inFlight -= 1;
    if (fn.queue !== undefined) this.handOut(fn);
  }

  /** Gives a place back and waits for another, in front of all others. */
  requeue(fn: FunctionState, pod: Pod, waiter: Waiter, deadline: number): void {
    pod.inFlight -= 1;
    fn.inFlight -= 1;
    this.queueOf(fn).unshift(waiter, deadline);
    this.handOut(fn);
    if (waiter.place) this.starve(fn);
    this.armDeadline(fn);
  }

  /** The pod refused a call, since it runs as many as it may. The call still has its place: {@link requeue} it. */
  full(fn: FunctionState, pod: Pod): void {
    pod.room.refused(pod.inFlight, this.options.now());
    // All its places are taken, and the call that it refused still counts as one of this gateway's.
    pod.tellsRunning(fn.limits.concurrency + 1);
    this.offers.refused(fn);
  }

  /** Pods came, went or changed. */
  podsChanged(fn: FunctionState): void {
    if (fn.waiting === 0) return;
    this.handOut(fn);
    if (fn.waiting === 0) return;
    if (fn.verdict && !fn.hasPodUp) this.settleTrial(fn);
    if (fn.waiting > 0) this.starve(fn);
  }

  /** The Function object's status was judged anew. */
  verdictChanged(fn: FunctionState, verdict: Verdict | undefined): void {
    if (sameVerdict(fn.verdict, verdict)) return;
    fn.verdict = verdict;
    if (verdict && !fn.hasPodUp) this.refuseAll(fn, verdictFailure(verdict));
  }

  /** The code was just seen not to load, by a pod that came for the calls that wait. */
  loadFailed(fn: FunctionState, message: string): void {
    if (!fn.hasPodUp) this.refuseAll(fn, { problem: problems.LoadFailed, detail: message });
  }

  /** More or fewer of its calls wait at other gateways than before, so that this one's share of the pods is another. */
  othersChanged(fn: FunctionState): void {
    this.handOut(fn);
  }

  /** The limits changed, or the function is gone. */
  functionChanged(fn: FunctionState): void {
    if (fn.removed) this.refuseAll(fn, failure('FunctionNotFound', `Function ${fn.key} was deleted.`));
    else this.handOut(fn);
  }

  /** How long a call that arrives now may wait, as a point in time. */
  deadline(fn: FunctionState): number {
    const limit = fn.limits.maxWaitMs;
    const doubtful = fn.verdict !== undefined && !fn.hasPodUp;
    return this.options.now() + (doubtful ? Math.min(limit, DOUBTFUL_WAIT_MS) : limit);
  }

  private wait(fn: FunctionState, waiter: Waiter): void {
    const refusal = this.refusal(fn);
    if (refusal) {
      waiter.refuse(refusal);
      return;
    }
    this.queueOf(fn).push(waiter, this.deadline(fn));
    this.starve(fn);
    this.armDeadline(fn);
  }

  private refusal(fn: FunctionState): Failure | undefined {
    const { verdict, limits } = fn;
    if (verdict?.problem.code === 'LoadFailed' && !fn.hasPodUp && !this.takeTrial(fn)) {
      return verdictFailure(verdict);
    }
    const other = this.options.otherQueues.of(fn.key);
    if (hasRoom(fn.waiting, other, limits.maxDepth)) return undefined;
    const waiting = fn.waiting + other.waiting;
    return failure(
      'QueueFull',
      `${waiting} calls wait for ${fn.key} already; spec.queue.maxDepth allows ${limits.maxDepth}.`,
    );
  }

  private takeTrial(fn: FunctionState): boolean {
    const now = this.options.now();
    if (now - fn.trialAt < TRIAL_PERIOD_MS) return false;
    fn.trialAt = now;
    return true;
  }

  /** A pod that came with a trial failed to load again: that is the outcome of all that wait. */
  private settleTrial(fn: FunctionState): void {
    if (fn.verdict?.problem.code !== 'LoadFailed') return;
    const failed = fn.pods.find(
      ({ loadFailure, seenAt }) => loadFailure !== undefined && seenAt >= fn.trialAt,
    );
    if (failed) this.refuseAll(fn, verdictFailure({ ...fn.verdict, message: failed.loadFailure ?? '' }));
  }

  /** Shares of all together may be one place more for each gateway than there are. */
  private enough(fn: FunctionState): number {
    const { gateways } = this.options.otherQueues.of(fn.key);
    return gateways > 0 ? this.shareOf(fn, fn.waiting) - gateways : Number.POSITIVE_INFINITY;
  }

  /** Places of each pod that this gateway may take, of whose calls so many wait. */
  private shareOf(fn: FunctionState, waiting: number): number {
    return shareOf(fn.limits.concurrency, waiting, this.options.otherQueues.of(fn.key));
  }

  private occupy(fn: FunctionState, pod: Pod, waiter: Waiter, coldMs: number | undefined): void {
    pod.inFlight += 1;
    fn.inFlight += 1;
    waiter.run(pod, coldMs);
  }

  private handOut(fn: FunctionState): void {
    const { queue } = fn;
    if (queue === undefined) return;
    const share = this.shareOf(fn, queue.length);
    while (queue.length > 0) {
      const pod = pickPod(fn.pods, share);
      if (pod === undefined) return;
      const coldMs = this.endColdStart(fn, pod);
      this.occupy(fn, pod, queue.shift() as Waiter, coldMs);
    }
    this.afterQueueShrank(fn);
  }

  /** How long the function had no pod; undefined when it had one. */
  private endColdStart(fn: FunctionState, pod: Pod): number | undefined {
    if (fn.coldSince === undefined) return undefined;
    const coldMs = this.options.now() - fn.coldSince;
    this.options.onColdStart(fn, pod, coldMs);
    fn.coldSince = undefined;
    return coldMs;
  }

  private starve(fn: FunctionState): void {
    if (fn.hasPodUp) {
      this.options.onCrowded(fn);
      return;
    }
    fn.coldSince ??= this.options.now();
    this.options.onStarved(fn);
  }

  private queueOf(fn: FunctionState): CallQueue {
    fn.queue ??= new CallQueue();
    return fn.queue;
  }

  private afterQueueShrank(fn: FunctionState): void {
    const { queue } = fn;
    if (queue === undefined || queue.length > 0) return;
    clearTimeout(queue.timer);
    fn.queue = undefined;
    fn.coldSince = undefined;
    this.options.onQuiet(fn);
  }

  private refuseAll(fn: FunctionState, reason: Failure): void {
    const { queue } = fn;
    if (queue === undefined) return;
    const waiting: Waiter[] = [];
    for (let waiter = queue.shift(); waiter; waiter = queue.shift()) waiting.push(waiter);
    this.afterQueueShrank(fn);
    for (const waiter of waiting) waiter.refuse(reason);
  }

  /** One timer per queue, for its head: the others wait behind it anyway. */
  private armDeadline(fn: FunctionState): void {
    const { queue } = fn;
    if (queue?.first === undefined || queue.timer !== undefined) return;
    queue.timer = setTimeout(
      () => this.expire(fn, queue),
      Math.max(0, queue.first.deadline - this.options.now()),
    );
  }

  private expire(fn: FunctionState, queue: CallQueue): void {
    queue.timer = undefined;
    const now = this.options.now();
    while (queue.first && queue.first.deadline <= now) queue.shift()?.refuse(this.expiry(fn));
    this.armDeadline(fn);
    if (fn.queue === queue) this.afterQueueShrank(fn);
  }

  private expiry(fn: FunctionState): Failure {
    if (fn.verdict && !fn.hasPodUp) return verdictFailure(fn.verdict);
    return failure(
      'QueueTimeout',
      fn.hasPodUp
        ? `Every pod of ${fn.key} stayed busy for the time that spec.queue.maxWaitSeconds allows.`
        : `No pod of ${fn.key} came up within the time that spec.queue.maxWaitSeconds allows.`,
    );
  }
}

function verdictFailure({ problem, message }: Verdict): Failure {
  return { problem, detail: message };
}
