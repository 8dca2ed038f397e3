/** A source whose events are looked into before they are delivered. */
import type { CreateSource, TriggerEvent } from './source.ts';

/**
 * Makes sources that deliver what `decode` finds in the events of another one. An event of that one is
 * acknowledged once all that was found in it is delivered, or at once when that is nothing. What cannot be
 * decoded is delivered as it is, so that neither it is lost nor what lies behind it held up.
 *
 * @param decode throws for an event that it does not understand
 */
export function decodedSource<T>(
  create: CreateSource<T>,
  decode: (event: TriggerEvent) => readonly TriggerEvent[],
): CreateSource<T> {
  return (setup) => {
    const source = create(setup);
    return {
      run: (context) => {
        const decodeOrPass = (event: TriggerEvent) => {
          try {
            return decode(event);
          } catch (error) {
            const why = error instanceof Error ? error.message : String(error);
            context.log.warn({ id: event.id, why }, 'an event cannot be decoded and is delivered as it is');
            return [event];
          }
        };
        return source.run({
          signal: context.signal,
          log: context.log,
          connected: () => context.connected(),
          lag: (events) => context.lag(events),
          async deliver(events) {
            const found = events.flatMap(decodeOrPass);
            if (found.length > 0) await context.deliver(found);
          },
        });
      },
    };
  };
}
