import { Admin, Producer } from '@platformatic/kafka';
import { startKafka } from '#test/harness/brokers/kafka.ts';
import { EVENT, type EventServer, type Family, KEYS, times } from './family.ts';

/** Topics with a partition for each key: a partition has an order. */
export const kafka: Family = { type: 'kafka', count: 20_000, start };

async function start(): Promise<EventServer> {
  const server = await startKafka();
  const options = { clientId: 'bench', bootstrapBrokers: [server.plain], retries: 20 };
  const admin = new Admin(options);
  // Else what it sends again after a topic was made would be there twice.
  const producer = new Producer({ ...options, idempotent: true });
  const value = Buffer.from(EVENT);
  return {
    async open(topic) {
      await admin.createTopics({ topics: [topic], partitions: KEYS });
      return { brokers: [server.plain], topics: [topic], startFrom: 'earliest' };
    },
    async publish(topic, count) {
      const messages = times(count, (index) => ({ topic, partition: index % KEYS, value }));
      await producer.send({ messages, acks: -1 });
    },
    async stop() {
      await producer.close();
      await admin.close();
      await server.stop();
    },
  };
}
