/** What a source tells, over one or several runs, in the place of the gateway's runner. */
import { pino } from 'pino';
import type { SourceContext, TriggerEvent } from '#gateway/triggers/source.ts';

const log = pino({ level: 'silent' });

export class Recording {
  /** Handed over, in order; again when handed over again. */
  readonly events: TriggerEvent[] = [];
  /** What the source told, the newest last. */
  readonly lags: number[] = [];
  /** Runs that had a connection. */
  connections = 0;

  get connected(): boolean {
    return this.connections > 0;
  }

  get lag(): number | undefined {
    return this.lags.at(-1);
  }

  /** @param deliver resolves when the events may be acknowledged */
  context(signal: AbortSignal, deliver: SourceContext['deliver']): SourceContext {
    return {
      signal,
      log,
      connected: () => {
        this.connections += 1;
      },
      lag: (events) => void this.lags.push(events),
      deliver: (events) => {
        this.events.push(...events);
        return deliver(events);
      },
    };
  }
}
