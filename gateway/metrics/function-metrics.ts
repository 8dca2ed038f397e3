/** The counters of one function, made with its first call and gone with the function. */
import { CLIENT_GONE } from '#gateway/errors.ts';
import { Histogram } from './histogram.ts';

const CALL_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const COLD_START_SECONDS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60];

export class FunctionMetrics {
  succeeded = 0;
  cancelled = 0;
  timeouts = 0;
  resends = 0;
  wakes = 0;
  wakeFailures = 0;
  coldStarts = 0;
  readonly errors = new Map<string, number>();
  readonly duration = new Histogram(CALL_SECONDS);
  coldStartDuration: Histogram | undefined = undefined;

  /** A call ended; `error` as in CallContext.onEnd. */
  called(durationMs: number, error: string | undefined): void {
    this.duration.observe(durationMs / 1_000);
    if (error === undefined) this.succeeded += 1;
    else if (error === CLIENT_GONE) this.cancelled += 1;
    else if (error === 'CallTimeout') this.timeouts += 1;
    else this.errors.set(error, (this.errors.get(error) ?? 0) + 1);
  }

  coldStarted(durationMs: number): void {
    this.coldStarts += 1;
    this.coldStartDuration ??= new Histogram(COLD_START_SECONDS);
    this.coldStartDuration.observe(durationMs / 1_000);
  }
}
