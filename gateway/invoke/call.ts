/**
 * One call from admission to its end: sends it to the pod it was given a place on, passes the answer on
 * as it comes, and decides what a failure means. It is itself the client library's handler, so that the
 * warm path makes no more objects than it must.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Client, Dispatcher } from 'undici';
import { headers as names, rejections } from '#crds/wire/headers.ts';
import { CLIENT_GONE, type Failure, failure } from '#gateway/errors.ts';
import type { FunctionState } from '#gateway/functions/function-state.ts';
import { serverTiming } from '#gateway/http/server-timing.ts';
import type { Pod, RunningCall } from '#gateway/pods/pod.ts';
import type { Admission } from './admission.ts';
import type { Place, Waiter } from './call-queue.ts';
import type { Exchange } from './exchange.ts';

/** How often a call is sent again after bytes of it were sent, when its method allows that. */
const MAX_RESENDS = 2;
/** The runtime ends an overlong call itself; the gateway does so when the runtime cannot. */
const TIMEOUT_GRACE_MS = 250;

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'QUERY', 'PROPFIND']);

export interface CallContext {
  readonly now: () => number;
  readonly admission: Admission;
  /** `error` is why the call counts as failed; undefined for success. */
  readonly onEnd: (fn: FunctionState, durationMs: number, error: string | undefined) => void;
  readonly onResend: (fn: FunctionState) => void;
  /**
   * The call that ended a cold start gets its first byte.
   *
   * @param coldMs how long the function had no pod
   * @param firstByteMs from the end of that to the first byte
   */
  readonly onColdFirstByte: (
    fn: FunctionState,
    pod: Pod | undefined,
    coldMs: number,
    firstByteMs: number,
  ) => void;
}

type Stage = 'waiting' | 'running' | 'ended';

export class Call implements Waiter, RunningCall, Dispatcher.DispatchHandler {
  place: Place | undefined = undefined;
  private readonly fn: FunctionState;
  private readonly exchange: Exchange;
  private readonly context: CallContext;
  private readonly arrivedAt: number;
  private stage: Stage = 'waiting';
  private pod: Pod | undefined = undefined;
  private client: Client | undefined = undefined;
  private controller: Dispatcher.DispatchController | undefined = undefined;
  private timer: NodeJS.Timeout | undefined = undefined;
  /** Of the response; 0 before it begins. */
  private status = 0;
  private rejection: string | undefined = undefined;
  private error: string | undefined = undefined;
  private resends = 0;
  /** It had to wait for a pod. */
  private waited = false;
  /** How long the function had no pod, when this call ended that. */
  private coldMs: number | undefined = undefined;
  /** When a pod took it; only known of calls that waited. */
  private ranAt = 0;

  constructor(fn: FunctionState, exchange: Exchange, context: CallContext, arrivedAt: number) {
    this.fn = fn;
    this.exchange = exchange;
    this.context = context;
    this.arrivedAt = arrivedAt;
  }

  start(): void {
    this.context.admission.enter(this.fn, this);
    if (this.stage === 'waiting') this.waited = true;
  }

  /** The caller is gone. */
  cancel(): void {
    if (this.stage === 'ended') return;
    this.stop();
    this.end(CLIENT_GONE);
  }

  /** Ends the call with a failure found on the caller's side, such as a body that is too large. */
  abandon(reason: Failure): void {
    if (this.stage === 'ended') return;
    this.stop();
    this.fail(reason);
  }

  /** The caller takes more of the response. */
  resume(): void {
    this.controller?.resume();
  }

  /** A connection that switched protocols is closed. */
  closed(): void {
    if (this.stage !== 'ended') this.end(undefined);
  }

  podGone(): void {
    this.abandon(failure('PodFailed', `The pod that ran the call was deleted.`));
  }

  refuse(reason: Failure): void {
    this.fail(reason);
  }

  run(pod: Pod, coldMs: number | undefined): void {
    const { exchange } = this;
    this.coldMs = coldMs;
    if (this.waited) this.ranAt = this.context.now();
    this.stage = 'running';
    this.pod = pod;
    this.controller = undefined;
    this.rejection = undefined;
    pod.calls.add(this);
    this.timer ??= setTimeout(onTimeout, this.fn.limits.timeoutMs + TIMEOUT_GRACE_MS, this);
    this.client = pod.wire.take();
    this.client.dispatch(
      {
        path: exchange.path,
        method: exchange.method,
        headers: pod.addressee ? [...exchange.headers, ...pod.addressee] : exchange.headers,
        body: exchange.body(),
        upgrade: exchange.upgrade,
      },
      this,
    );
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.stage !== 'running') return;
    if (status === 503 && headers[names.rejected] !== undefined) {
      this.rejected(String(headers[names.rejected]));
      return;
    }
    this.status = status;
    const running = headers[names.running];
    if (running !== undefined) this.pod?.tellsRunning(Number(running));
    if (status >= 500) this.error = String(headers[names.error] ?? 'FunctionError');
    this.exchange.head(status, headers, this.waited ? this.timing() : undefined);
  }

  /** For those that waited only: the warm path has no use for the time. */
  private timing(): string {
    const { fn, pod, arrivedAt, ranAt, coldMs, context } = this;
    const answeredAt = context.now();
    if (coldMs !== undefined) context.onColdFirstByte(fn, pod, coldMs, answeredAt - ranAt);
    return serverTiming({ arrivedAt, ranAt, answeredAt, claim: pod?.claim });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.stage !== 'running' || this.rejection !== undefined) return;
    if (!this.exchange.data(chunk)) controller.pause();
  }

  onResponseEnd(_: Dispatcher.DispatchController, trailers: IncomingHttpHeaders): void {
    if (this.stage !== 'running') return;
    if (this.rejection === undefined) {
      this.exchange.end(trailers);
      this.giveBack();
      this.end(this.error);
    } else {
      this.giveBack();
      this.sendElsewhere();
    }
  }

  onRequestUpgrade(_: unknown, __: number, headers: IncomingHttpHeaders, socket: Duplex): void {
    if (this.stage !== 'running') {
      socket.destroy();
      return;
    }
    // From here on the connection is open for as long as its ends like.
    clearTimeout(this.timer);
    this.status = 101;
    this.exchange.switched(headers, socket);
  }

  onResponseError(_: unknown, error: Error & { code?: string }): void {
    if (this.stage !== 'running') return;
    if (error.code === 'UND_ERR_INVALID_ARG' || error.code === 'UND_ERR_NOT_SUPPORTED') {
      this.fail(failure('BadRequest', `The request cannot be sent on: ${error.message}.`));
    } else if (this.controller === undefined) {
      // Not connected, so nothing was sent: any pod may have it.
      this.pod?.suspect();
      this.sendElsewhere();
    } else if (this.mayResend()) {
      this.resends += 1;
      this.context.onResend(this.fn);
      this.requeue(this.context.admission.deadline(this.fn));
    } else {
      this.fail(failure('PodFailed', podFailedDetail(this.exchange.method, this.status)));
    }
  }

  private mayResend(): boolean {
    const { method, replayable } = this.exchange;
    return this.status === 0 && replayable && this.resends < MAX_RESENDS && IDEMPOTENT.has(method);
  }

  private rejected(rejection: string): void {
    const { admission } = this.context;
    this.rejection = rejection;
    const pod = this.pod as Pod;
    if (rejection === rejections.concurrency) admission.full(this.fn, pod);
    else pod.leave();
    if (!this.exchange.replayable) {
      this.abandon(
        failure('PodsBusy', 'A pod refused the call, and its body is too large to be sent again.'),
      );
    }
  }

  /** The pod did not begin the call. */
  private sendElsewhere(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.requeue(this.arrivedAt + this.fn.limits.maxWaitMs);
  }

  private requeue(deadline: number): void {
    const pod = this.leavePod() as Pod;
    this.stage = 'waiting';
    this.waited = true;
    this.context.admission.requeue(this.fn, pod, this, deadline);
  }

  private giveBack(): void {
    if (this.client) this.pod?.wire.give(this.client);
    this.client = undefined;
  }

  private leavePod(): Pod | undefined {
    const { pod } = this;
    pod?.calls.delete(this);
    this.pod = undefined;
    return pod;
  }

  /** Takes the call out of the queue or off its pod's connection. */
  private stop(): void {
    if (this.stage === 'waiting') this.context.admission.withdraw(this.fn, this);
    const { client } = this;
    this.client = undefined;
    // Callbacks that this causes must not find a running call.
    const { stage } = this;
    this.stage = 'ended';
    if (client) client.destroy(null, noop);
    this.stage = stage;
  }

  private fail(reason: Failure): void {
    this.exchange.fail(reason);
    this.end(reason.problem.code);
  }

  private end(error: string | undefined): void {
    if (this.stage === 'ended') return;
    this.stage = 'ended';
    clearTimeout(this.timer);
    const pod = this.leavePod();
    this.context.admission.leave(this.fn);
    this.context.onEnd(this.fn, this.context.now() - this.arrivedAt, error);
    if (pod) this.context.admission.release(this.fn, pod);
  }
}

function onTimeout(call: Call): void {
  call.abandon(
    failure('CallTimeout', 'The call took longer than spec.timeoutSeconds of the function allows.'),
  );
}

function podFailedDetail(method: string, status: number): string {
  if (status !== 0) return 'The connection to the pod broke in the middle of its response.';
  return IDEMPOTENT.has(method)
    ? 'The connection to the pod broke before it answered, repeatedly.'
    : `The connection to the pod broke before it answered. ${method} is not idempotent, so the call was not sent again.`;
}

function noop(): void {}
