/** Messages of a RabbitMQ queue. */
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import type { Static } from 'typebox';
import type { rabbitmq } from '#crds/function/triggers/rabbitmq.ts';
import type { CreateSource, SourceContext, TriggerSetup } from '../source.ts';
import { closeConnection, connectRabbitmq } from './rabbitmq/connect.ts';
import { explain } from './rabbitmq/error.ts';
import { messageEvent } from './rabbitmq/message.ts';
import { Session } from './session.ts';

const LAG_MS = 5_000;

type Config = Static<typeof rabbitmq>;

export const createRabbitmqSource: CreateSource<Config> = (setup) => ({
  run: (context) => run(setup, context),
});

async function run({ config, credentials }: TriggerSetup<Config>, context: SourceContext): Promise<void> {
  const session = new Session(context);
  let connection: ChannelModel | undefined;
  let channel: Channel | undefined;
  try {
    connection = await connectRabbitmq(config.address, credentials, session);
    channel = await connection.createChannel();
    await Promise.race([consume(channel, config, session, context), session.over]);
    await session.over;
  } catch (error) {
    session.fail(error as Error);
  }
  await session.settle();
  if (connection) await closeConnection(connection, channel);
  try {
    session.rethrow();
  } catch (error) {
    throw explain(error as Error, config.address);
  }
}

/** Begins to hand over what comes, until the run is over. */
async function consume(
  channel: Channel,
  config: Config,
  session: Session,
  context: SourceContext,
): Promise<void> {
  const { queue, prefetch } = config;
  channel.on('error', (error) => session.fail(error));
  channel.on('close', () => session.fail(new Error('the channel was closed')));
  await channel.prefetch(prefetch);
  const lag = async () => {
    const { messageCount } = await channel.checkQueue(queue);
    context.lag(messageCount + session.inHand);
  };
  await lag();
  const give = handOver(channel, config, session);
  const { consumerTag } = await channel.consume(queue, (message) => {
    if (message) give(message);
    else session.fail(new Error(`NOT_FOUND: the queue ${queue} was deleted`));
  });
  context.connected();
  const timer = setInterval(() => void lag().catch((error) => session.fail(error)), LAG_MS);
  session.over.then(() => {
    clearInterval(timer);
    // No further messages; those in hand can still be acknowledged.
    channel.cancel(consumerTag).catch(() => {});
  });
}

function handOver(channel: Channel, config: Config, session: Session): (message: ConsumeMessage) => void {
  const { queue, orderBy } = config;
  const origin = { source: sourceUri(config), queue, orderBy };
  const back = (message: ConsumeMessage) => {
    try {
      channel.nack(message, false, true);
    } catch {
      // The channel is closed, and RabbitMQ has taken back everything.
    }
  };
  return (message) => {
    if (session.signal.aborted) return back(message);
    session.give(
      messageEvent(message, origin),
      () => channel.ack(message),
      () => back(message),
    );
  };
}

function sourceUri({ address, queue }: Config): string {
  const { host, pathname } = new URL(address);
  return `rabbitmq://${host}/${pathname.slice(1) || '%2F'}/${encodeURIComponent(queue)}`;
}
