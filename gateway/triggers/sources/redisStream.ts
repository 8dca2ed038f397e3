/** Entries of a Redis stream, through a consumer group. */
import type { Redis } from 'ioredis';
import type { Static } from 'typebox';
import type { redisStream } from '#crds/function/triggers/redisStream.ts';
import type { CreateSource, SourceContext, TriggerSetup } from '../source.ts';
import { connectRedisStream, explain } from './redisStream/connect.ts';
import { consume } from './redisStream/consume.ts';
import type { EntryOrigin } from './redisStream/entry.ts';
import { createGroup } from './redisStream/group.ts';
import { Session } from './session.ts';

type Config = Static<typeof redisStream>;

export const createRedisStreamSource: CreateSource<Config> = (setup) => {
  // Kept from run to run: handled, but the connection was gone before that could be said.
  const handled = new Set<string>();
  return { run: (context) => run(setup, handled, context) };
};

async function run(setup: TriggerSetup<Config>, handled: Set<string>, context: SourceContext): Promise<void> {
  const { config, credentials } = setup;
  const session = new Session(context);
  const open: Redis[] = [];
  const connect = async () => {
    const redis = await connectRedisStream(config.address, credentials, session);
    open.push(redis);
    return redis;
  };
  try {
    const [reader, writer] = [await connect(), await connect()];
    // The other one is needed for what is still in hand.
    session.over.then(() => reader.disconnect());
    const name = config.group ?? `catnap:${setup.functionKey}/${setup.name}`;
    const group = createGroup({ ...config, name, reader, writer });
    const origin = originOf(config);
    await Promise.race([consume({ session, context, group, origin, handled }), session.over]);
  } catch (error) {
    session.fail(explain(error as Error, config.address));
  }
  await session.settle();
  for (const redis of open) redis.disconnect();
  session.rethrow();
}

function originOf({ address, stream, orderBy, orderField }: Config): EntryOrigin {
  const { protocol, host, pathname } = new URL(address);
  const database = pathname.slice(1) || '0';
  const source = `${protocol}//${host}/${database}/${encodeURIComponent(stream)}`;
  return { source, stream, orderBy, orderField };
}
