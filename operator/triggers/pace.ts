/** How often the status of one function's triggers may be written. Pure. */
import { canonicalJson } from '../function/canonical.ts';
import type { TriggersStatus } from './status.ts';

/** A connection that comes and goes is told of no more often. */
const TURN_MS = 2_000;
/** Other words for the same state can wait. */
const WORDS_MS = 30_000;

/**
 * How long to wait before `after` is written over `before`; undefined when they are the same.
 *
 * @param sinceMs since the last write, Infinity without any
 */
export function pauseBeforeWrite(
  before: TriggersStatus | undefined,
  after: TriggersStatus | undefined,
  sinceMs: number,
): number | undefined {
  if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return undefined;
  if (outline(before, withoutState) !== outline(after, withoutState)) return 0;
  const pause = outline(before, withoutWords) === outline(after, withoutWords) ? WORDS_MS : TURN_MS;
  return Math.max(0, pause - sinceMs);
}

type Condition = TriggersStatus['list'][number]['conditions'][number];

/** What changes only when somebody changes the function or its Secrets. */
const withoutState = ({ type, observedGeneration }: Condition) => ({ type, observedGeneration });
const withoutWords = ({ type, status, reason }: Condition) => ({ type, status, reason });

function outline(triggers: TriggersStatus | undefined, of: (condition: Condition) => object): string {
  const list = triggers?.list.map(({ name, type, conditions }) => ({
    name,
    type,
    conditions: conditions.map(of),
  }));
  return canonicalJson({ digest: triggers?.digest, list });
}
