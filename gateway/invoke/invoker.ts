/** The invocation path put together: everything between a request and the pods, without any HTTP server. */
import type { Logger } from 'pino';
import { ColdStartBook } from '#gateway/functions/cold-starts.ts';
import type { FunctionState } from '#gateway/functions/function-state.ts';
import { FunctionTable } from '#gateway/functions/function-table.ts';
import { LoadBook } from '#gateway/functions/load.ts';
import { ClaimBook } from '#gateway/launch/claim-book.ts';
import type { ClaimOutcome } from '#gateway/launch/claim-request.ts';
import { Claimer, type ClaimerOptions } from '#gateway/launch/claimer.ts';
import { Growth } from '#gateway/launch/growth.ts';
import { Placer } from '#gateway/launch/placer.ts';
import { type Metrics, metricsOf } from '#gateway/metrics/metrics.ts';
import type { Pod } from '#gateway/pods/pod.ts';
import { Prober } from '#gateway/pods/probe.ts';
import { Admission } from './admission.ts';
import { Call, type CallContext } from './call.ts';
import type { Exchange } from './exchange.ts';
import { OtherQueues } from './other-queues.ts';
import { Patience } from './patience.ts';
import { WakeGate } from './wake-gate.ts';
import { type ScaleClient, Waker } from './waker.ts';

/** A warm pod that is not up after so long may never be: no node has room for it, or it fails again and again. */
const ON_THE_WAY_MS = 30_000;

export interface InvokerOptions {
  readonly client: ScaleClient;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly podPort?: number;
  /** What claims of warm pods need; undefined when there can be none. */
  readonly launching?: Pick<ClaimerOptions, 'specs' | 'signingKey' | 'claimPort'>;
}

export class Invoker {
  readonly table: FunctionTable;
  readonly loads: LoadBook;
  readonly otherQueues: OtherQueues;
  readonly claims = new ClaimBook(() => performance.now());
  readonly coldStarts = new ColdStartBook({ now: Date.now, monotonic: () => performance.now() });
  readonly metrics: Metrics;
  /** Functions that wait for a warm pod, by the key of the pool. */
  readonly starvingCounts: () => ReadonlyMap<string, number>;
  /** Calls that run or wait. */
  active = 0;
  private readonly prober: Prober;
  private readonly gate: WakeGate;
  private readonly growth: Growth | undefined;
  private readonly context: CallContext;

  constructor({ client, log, metrics, podPort, launching }: InvokerOptions) {
    this.metrics = metrics;
    const now = () => performance.now();
    const waker = new Waker({
      client,
      log,
      onWoken: (fn) => {
        metricsOf(fn).wakes += 1;
      },
      onFailure: (fn) => {
        metricsOf(fn).wakeFailures += 1;
      },
    });
    const gate = new WakeGate({ wake: (fn) => waker.wake(fn) });
    this.gate = gate;
    const patience = new Patience({
      now,
      onTheWay: (poolKey, stalled) => this.onTheWay(poolKey, stalled),
      onOver: (fn) => gate.enter(fn),
    });
    const isServed = (fn: FunctionState) => {
      patience.leave(fn);
      gate.leave(fn);
    };
    this.loads = new LoadBook(now);
    this.otherQueues = new OtherQueues((functionKey) => {
      const fn = this.table.get(functionKey);
      if (fn) admission.othersChanged(fn);
    });
    const admission: Admission = new Admission({
      now,
      loads: this.loads,
      otherQueues: this.otherQueues,
      onStarved: (fn) => {
        if (!launch(fn)) startOwn(fn);
        this.prober.watch(fn);
      },
      onCrowded: (fn) => growth?.crowded(fn),
      onQuiet: (fn) => {
        growth?.leave(fn);
        isServed(fn);
        waker.rest(fn);
      },
      onColdStart: (fn, { claim, wasAwake }, ms) => {
        isServed(fn);
        if (wasAwake) return;
        metricsOf(fn).coldStarted(ms);
        metrics.coldStarted(ms, claim);
      },
    });
    this.prober = new Prober((fn, pod) => {
      pod.state = 'up';
      admission.podsChanged(fn);
    });
    this.table = new FunctionTable({
      now,
      admission,
      podPort,
      onPoolChanged: (poolKey) => {
        claimer?.poolChanged(poolKey);
        placer?.poolChanged(poolKey);
      },
      onLaunchChanged: (fn) => void placer?.renew(fn),
      onSettled: (podUid) => this.claims.settled(podUid),
    });
    const startOwn = (fn: FunctionState) => {
      const { launch } = fn;
      // A host that functions share is slower to come than a pod.
      const waits = launch && !launch.shared && patience.has(fn, launch);
      if (!waits) gate.enter(fn);
    };
    const starting = launching && {
      ...launching,
      table: this.table,
      now,
      log,
      onExhausted: (fn: FunctionState, hasSpec: boolean) => (hasSpec ? startOwn(fn) : gate.enter(fn)),
      isStarting: (fn: FunctionState) => gate.isStarting(fn),
      onLoadFailed: (fn: FunctionState, message: string) => admission.loadFailed(fn, message),
      onOutcome: (outcome: ClaimOutcome['kind']) => metrics.claims.inc({ outcome }),
    };
    const claimer = starting && new Claimer({ ...starting, book: this.claims, patience });
    const growth = claimer && new Growth({ grow: (fn) => claimer.grow(fn), now });
    this.growth = growth;
    this.starvingCounts = () => claimer?.starvingCounts() ?? new Map();
    const placer = starting && new Placer(starting);
    const launch = (fn: FunctionState) =>
      (fn.launch?.shared ? placer?.place(fn, fn.launch) : claimer?.claim(fn)) ?? false;
    this.context = {
      now,
      admission,
      onEnd: (fn, durationMs, error) => {
        this.active -= 1;
        metricsOf(fn).called(durationMs, error);
      },
      onResend: (fn) => {
        metricsOf(fn).resends += 1;
      },
      onColdFirstByte: (fn, pod, coldMs, firstByteMs) => {
        if (pod?.wasAwake) return;
        metrics.coldAnswered(firstByteMs, pod?.claim);
        this.coldStarts.answered(fn.key, { coldMs, firstByteMs, claim: pod?.claim });
      },
    };
  }

  /** Makes the call that carries an exchange; the caller starts it. */
  call(fn: FunctionState, exchange: Exchange): Call {
    this.active += 1;
    return new Call(fn, exchange, this.context, this.context.now());
  }

  /** This gateway's share of the warm pods that a pool will have soon. */
  private onTheWay(poolKey: string, stalled: boolean): number {
    const since = performance.now() - ON_THE_WAY_MS;
    const isOnTheWay = ({ state, startsSince }: Pod) =>
      state === 'starting' && (startsSince === undefined ? !stalled : startsSince > since);
    const starting = this.table.warmPods(poolKey).filter(isOnTheWay).length;
    return (starting + this.claims.toBeReplaced(poolKey)) / (1 + this.otherQueues.gateways);
  }

  stop(): void {
    this.prober.stop();
    this.gate.stop();
    this.growth?.stop();
  }
}
