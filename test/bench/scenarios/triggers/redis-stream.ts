import { Redis } from 'ioredis';
import { startRedis } from '#test/harness/redis.ts';
import { EVENT, type EventServer, type Family } from './family.ts';

/** Streams of a Redis that syncs its file before it answers. */
export const redisStream: Family = { type: 'redisStream', count: 20_000, start };

async function start(): Promise<EventServer> {
  const server = await startRedis();
  const redis = new Redis(server.url);
  return {
    open: async (stream) => ({ address: server.url, stream, startFrom: 'earliest' }),
    async publish(stream, count) {
      const pipeline = redis.pipeline();
      for (let sent = 0; sent < count; sent++) pipeline.xadd(stream, '*', 'order', EVENT);
      await pipeline.exec();
    },
    async stop() {
      redis.disconnect();
      await server.stop();
    },
  };
}
