/** Runs one trigger: starts its source, starts it again whenever it ends, and stops it in good order. */
import type { Logger } from 'pino';
import { reasons } from '#crds/wire/reasons.ts';
import type { TriggerSpec } from '#crds/wire/trigger-spec.ts';
import { backoffMs } from '#kube/backoff.ts';
import { type Clock, sleep } from '#kube/clock.ts';
import type { Dispatcher } from './dispatcher.ts';
import { redactedMessage } from './redact.ts';
import type { SourceContext, TriggerSource } from './source.ts';
import type { TriggerState } from './trigger-state.ts';

const BACKOFF = { minMs: 1_000, maxMs: 60_000 };
/** A source that was connected for so long starts over with short pauses. */
const SOUND_MS = 60_000;
/** How long calls with events may take to end before a trigger stops or connects again: fewer are repeated. */
export const GRACE_MS = 5_000;
/** A source that needs longer to close is at fault. */
const STUCK_MS = 30_000;

export interface TriggerRunnerOptions {
  readonly spec: TriggerSpec;
  readonly state: TriggerState;
  /** Throws when there is no such source or its settings make no sense. */
  readonly createSource: () => Promise<TriggerSource>;
  readonly createDispatcher: () => Dispatcher;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random?: () => number;
}

export class TriggerRunner {
  private readonly options: TriggerRunnerOptions;
  private readonly stopping = new AbortController();
  private source: TriggerSource | undefined;
  private dispatcher: Dispatcher | undefined;
  private failures = 0;
  private ended: Promise<void> | undefined;

  constructor(options: TriggerRunnerOptions) {
    this.options = options;
  }

  get spec(): TriggerSpec {
    return this.options.spec;
  }

  get state(): TriggerState {
    return this.options.state;
  }

  start(): void {
    this.ended ??= this.loop();
  }

  /**
   * Calls that run may come to their end for `graceMs`, so that the source can acknowledge what they brought;
   * then the source is closed. Resolves when nothing is left open.
   */
  async stop(graceMs: number): Promise<void> {
    if (graceMs > 0) await this.dispatcher?.close(graceMs);
    this.dispatcher?.abort();
    this.stopping.abort();
    const { clock, log } = this.options;
    const cancel = clock.after(STUCK_MS, () =>
      log.error('a trigger does not stop: its source does not close; no gateway takes it over meanwhile'),
    );
    await this.ended;
    cancel();
  }

  private async loop(): Promise<void> {
    const { clock, random = Math.random } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.once();
      if (signal.aborted) return;
      this.failures += 1;
      await sleep(clock, backoffMs(this.failures, { ...BACKOFF, random }), signal);
    }
  }

  private async once(): Promise<void> {
    const { createSource, state } = this.options;
    const { signal } = this.stopping;
    try {
      // Made once: what a source remembers from run to run is its own.
      this.source ??= await createSource();
    } catch (error) {
      this.failed(reasons.triggerInvalid, error);
      return;
    }
    if (signal.aborted) return;
    state.lag = undefined;
    await this.run(this.source, signal);
    state.lag = undefined;
  }

  private async run(source: TriggerSource, signal: AbortSignal): Promise<void> {
    const { clock, createDispatcher } = this.options;
    const dispatcher = createDispatcher();
    this.dispatcher = dispatcher;
    let connectedAt: number | undefined;
    const context = this.contextOf(dispatcher, () => {
      connectedAt ??= clock.monotonic();
    });
    try {
      await source.run(context);
      if (!signal.aborted) throw new Error('The source ended without saying why.');
    } catch (error) {
      if (signal.aborted) return;
      if (connectedAt !== undefined && clock.monotonic() - connectedAt >= SOUND_MS) this.failures = 0;
      this.failed(reasons.triggerDisconnected, error);
    } finally {
      // A source that remembers what was taken does not hand it over again after the next connection.
      if (!signal.aborted) await dispatcher.close(GRACE_MS);
      dispatcher.abort();
      this.dispatcher = undefined;
    }
  }

  private contextOf(dispatcher: Dispatcher, onConnected: () => void): SourceContext {
    const { state, log } = this.options;
    return {
      signal: this.stopping.signal,
      log,
      connected() {
        onConnected();
        state.set(reasons.triggerConnected, 'The connection stands and events flow.');
      },
      lag(events) {
        state.lag = events;
      },
      deliver: (events) => dispatcher.deliver(events),
    };
  }

  private failed(reason: 'TriggerInvalid' | 'TriggerDisconnected', error: unknown): void {
    const { state, log, spec } = this.options;
    const message = redactedMessage(error, spec.credentials);
    // Once for each new state of affairs: it is tried again for ever.
    if (state.reason !== reason || state.message !== message) {
      log.warn({ reason, message }, 'a trigger does not run');
    }
    state.set(reason, message);
  }
}
