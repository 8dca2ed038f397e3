/** Records of Kafka topics, as a member of a consumer group. */
import type { Consumer, Message, MessagesStream } from '@platformatic/kafka';
import type { CreateSource, SourceContext } from '../source.ts';
import { Committer } from './kafka/committer.ts';
import { closeConsumer, createConsumer, type KafkaSetup, MAX_FETCH_BYTES } from './kafka/connect.ts';
import { explain } from './kafka/error.ts';
import { startPositions } from './kafka/positions.ts';
import { recordEvent } from './kafka/record.ts';
import { Turns } from './kafka/turns.ts';
import { Session } from './session.ts';

/** How often it asks how much waits, and whether there are new partitions. */
const LAG_MS = 5_000;
/** Records that are fetched and wait for the turn of their partition. */
const MAX_SORTED = 10_000;

type RecordStream = MessagesStream<Buffer, Buffer, Buffer, Buffer>;
type KafkaMessage = Message<Buffer, Buffer, Buffer, Buffer>;

export const createKafkaSource: CreateSource<KafkaSetup['config']> = (setup) => ({
  run: (context) => run(setup, context),
});

async function run(setup: KafkaSetup, context: SourceContext): Promise<void> {
  const session = new Session(context);
  const consumer = createConsumer(setup);
  consumer.on('error', (error) => session.fail(error));
  consumer.on('consumer:heartbeat:stalled', ({ lastError }) =>
    session.fail(lastError ?? new Error('the group coordinator does not answer')),
  );
  try {
    await Promise.race([consume(setup, consumer, session, context), session.over]);
  } catch (error) {
    session.fail(error as Error);
  }
  await session.settle();
  await closeConsumer(consumer);
  try {
    session.rethrow();
  } catch (error) {
    throw explain(error as Error, setup.config.brokers);
  }
}

async function consume(
  { config }: KafkaSetup,
  consumer: Consumer,
  session: Session,
  context: SourceContext,
): Promise<void> {
  const topics = [...config.topics];
  consumer.topics.trackAll(...topics);
  await consumer.joinGroup();
  const committer = new Committer(consumer, await startPositions(consumer, config.startFrom, context.log));
  consumer.on('consumer:group:join', ({ assignments = [] }) => {
    // Its records may begin before those that are already fetched: only a new run knows where.
    if (!committer.keep(assignments)) session.fail(new Error('the group has given us another partition'));
  });
  if (session.signal.aborted) return;
  // Every position is committed; one that is gone meanwhile ends the run, and the next one looks again.
  const stream = await consumer.consume({ topics, mode: 'committed', fallbackMode: 'fail' });
  stream.on('error', (error) => session.fail(error));
  // Not closed: the client leaves no group, and does not close, as long as a stream that it was told to close has not.
  session.over.then(() => stream.destroy());
  context.connected();
  const stopWatching = watch({ consumer, committer, session, context });
  try {
    await handOver(stream, { config, committer, session });
  } finally {
    stopWatching();
  }
}

interface HandOver {
  config: KafkaSetup['config'];
  committer: Committer;
  session: Session;
}

interface Watch {
  consumer: Consumer;
  committer: Committer;
  session: Session;
  context: SourceContext;
}

async function handOver(stream: RecordStream, { config, committer, session }: HandOver): Promise<void> {
  const [broker = ''] = config.brokers;
  const turns = new Turns<KafkaMessage>();
  const arrived = arrivals(stream);
  const hasRoom = ({ topic, partition }: KafkaMessage) => {
    const progress = committer.of(topic, partition);
    return !progress || (!progress.full && session.hasRoomBeside(progress.inHand));
  };
  while (!session.signal.aborted) {
    sortIn(stream, turns);
    const record = turns.next(hasRoom);
    if (!record) {
      // The end of the run is a change, too.
      await Promise.race([arrived(), session.changed()]);
      continue;
    }
    const { topic, partition, offset } = record;
    const progress = committer.of(topic, partition);
    if (!progress?.begin(offset, record.value?.length ?? 0)) continue;
    session.give(recordEvent(record, { broker, orderBy: config.orderBy }), () =>
      committer.finish(topic, partition, progress, offset),
    );
  }
}

/** Takes what is fetched, so that each partition gets its turn: a stream has all of one before the next. */
function sortIn(stream: RecordStream, turns: Turns<KafkaMessage>): void {
  while (turns.size < MAX_SORTED && turns.bytes < MAX_FETCH_BYTES) {
    const record: KafkaMessage | null = stream.read();
    if (!record) return;
    turns.add(`${record.topic}/${record.partition}`, record);
  }
}

/** Returns what waits until there is more to read, once all there was has been read. */
function arrivals(stream: RecordStream): () => Promise<void> {
  let wake = () => {};
  stream.on('readable', () => wake());
  return () =>
    new Promise((resolve) => {
      wake = resolve;
    });
}

/** Tells the lag; ends the run when a topic has got more partitions: the next one joins with them. */
function watch({ consumer, committer, session, context }: Watch): () => void {
  const assigned = new Map<string, number>();
  const look = async () => {
    const topics = [...consumer.topics.current];
    // Partitions that were added are only in fresh metadata.
    await consumer.metadata({ topics, forceUpdate: true });
    const latest = await consumer.listOffsets({ topics });
    context.lag(committer.lag(latest));
    for (const [topic, { length }] of latest) {
      const before = assigned.get(topic) ?? length;
      if (length > before)
        session.fail(new Error(`${topic} has got more partitions; joining the group again`));
      assigned.set(topic, length);
    }
  };
  const lookAgain = () => void look().catch((error) => session.fail(error));
  lookAgain();
  const timer = setInterval(lookAgain, LAG_MS);
  return () => clearInterval(timer);
}
