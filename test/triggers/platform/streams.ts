/** Brokers that keep a log, of which each trigger has a position. */
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Admin, Producer } from '@platformatic/kafka';
import { Redis } from 'ioredis';
import { startKafka } from '#test/harness/brokers/kafka.ts';
import { startNats } from '#test/harness/brokers/nats.ts';
import { startRedis } from '#test/harness/redis.ts';
import { type Broker, EVENTS, MIDDLE, ONE_AT_A_TIME, TEN_AT_A_TIME } from './broker.ts';

export const kafka: Broker = {
  // What the gateway had fetched when the broker died is delivered, and fetched again, since it was not committed.
  functions: { kafka: EVENTS - MIDDLE + ONE_AT_A_TIME },
  async start() {
    const server = await startKafka();
    const options = { clientId: 'test', bootstrapBrokers: [server.plain], retries: 20 };
    const admin = new Admin(options);
    await admin.createTopics({ topics: ['orders'], partitions: 1 });
    await admin.close();
    return {
      triggers: {
        kafka: {
          source: { kafka: { brokers: [server.plain], topics: ['orders'] } },
          async publish(ids) {
            const producer = new Producer(options);
            const messages = ids.map((id) => ({ topic: 'orders', value: Buffer.from(id) }));
            await producer.send({ messages, acks: -1 });
            await producer.close();
          },
        },
      },
      kill: server.kill,
      restart: server.start,
      stop: server.stop,
    };
  },
};

export const nats: Broker = {
  functions: { jetstream: TEN_AT_A_TIME, 'core-nats': undefined },
  async start() {
    const server = await startNats();
    const withClient = async (use: (client: NatsConnection) => Promise<unknown>) => {
      const client = await connect({ servers: server.url });
      try {
        await use(client);
      } finally {
        await client.drain();
      }
    };
    const source = { servers: [server.url] };
    await withClient(async (client) => {
      const manager = await jetstreamManager(client);
      await manager.streams.add({ name: 'ORDERS', subjects: ['orders.>'] });
    });
    return {
      triggers: {
        jetstream: {
          source: { nats: { ...source, jetStream: { stream: 'ORDERS', ackWaitSeconds: 5 } } },
          publish: (ids) =>
            withClient((client) => Promise.all(ids.map((id) => jetstream(client).publish('orders.new', id)))),
        },
        'core-nats': {
          source: { nats: { ...source, subject: 'news' } },
          publish: (ids) =>
            withClient(async (client) => {
              for (const id of ids) client.publish('news', id);
            }),
        },
      },
      kill: server.kill,
      restart: server.restart,
      stop: server.stop,
    };
  },
};

export const redisStream: Broker = {
  functions: { 'redis-stream': TEN_AT_A_TIME },
  async start() {
    const server = await startRedis();
    return {
      triggers: {
        'redis-stream': {
          source: { redisStream: { address: server.url, stream: 'orders' } },
          async publish(ids) {
            const redis = new Redis(server.url);
            redis.on('error', () => {});
            await Promise.all(ids.map((id) => redis.xadd('orders', '*', 'id', id)));
            await redis.quit();
          },
        },
      },
      kill: server.kill,
      restart: server.restart,
      stop: server.stop,
    };
  },
};
