import type { SourceContext } from '../../source.ts';
import type { Session } from '../session.ts';
import { Together } from '../together.ts';
import { type Entry, type EntryOrigin, entryEvent } from './entry.ts';
import type { Group } from './group.ts';

/** How often it asks how much waits, and looks for what other consumers left behind. */
const LAG_MS = 5_000;
const CLAIM_MS = 30_000;

export interface Consumption {
  session: Session;
  context: SourceContext;
  group: Group;
  origin: EntryOrigin;
  /** Ids that could not be acknowledged although they were handled. */
  handled: Set<string>;
}

/** Hands over what is pending, then what comes, until the run is over. */
export async function consume(consumption: Consumption): Promise<void> {
  const { session, context, group, handled } = consumption;
  await group.create();
  await group.acknowledge(...handled);
  handled.clear();
  const give = handOver(consumption);
  const lag = async () => {
    const events = await group.lag();
    if (events !== undefined) context.lag(events);
  };
  context.connected();
  await lag();
  await takePending(consumption, give);
  await takeOver(consumption, give);
  const timers = [
    setInterval(() => void lag().catch((error) => session.fail(error)), LAG_MS),
    setInterval(() => void takeOver(consumption, give).catch((error) => session.fail(error)), CLAIM_MS),
  ];
  try {
    while (!session.signal.aborted) {
      await session.room();
      for (const entry of await group.next()) give(entry);
    }
  } finally {
    for (const timer of timers) clearInterval(timer);
  }
}

type Give = (entry: Entry) => void;

function handOver({ session, group, origin, handled }: Consumption): Give {
  const inHand = new Set<string>();
  const acknowledgements = new Together<string>((ids) => group.acknowledge(...ids));
  return ([id, fields]) => {
    // Claimed although it is ours: the function takes longer than a dead consumer.
    if (inHand.has(id)) return;
    if (fields === null) {
      acknowledgements.add(id).catch((error) => session.fail(error));
      return;
    }
    inHand.add(id);
    session.give(entryEvent(id, fields, origin), async () => {
      handled.add(id);
      await acknowledgements.add(id);
      handled.delete(id);
      inHand.delete(id);
    });
  };
}

/** What earlier runs were given, also by other gateways: all have the same name. */
async function takePending({ session, group }: Consumption, give: Give): Promise<void> {
  let after = '0';
  while (!session.signal.aborted) {
    await session.room();
    const entries = await group.pending(after);
    for (const entry of entries) give(entry);
    const last = entries.at(-1);
    if (!last) return;
    after = last[0];
  }
}

/** What consumers of other names were given and have not acknowledged. */
async function takeOver({ session, group }: Consumption, give: Give): Promise<void> {
  let cursor = '0-0';
  do {
    await session.room();
    if (session.signal.aborted) return;
    const claimed = await group.claim(cursor);
    for (const entry of claimed.entries) give(entry);
    cursor = claimed.cursor;
  } while (cursor !== '0-0');
}
