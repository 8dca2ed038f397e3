import { connect, credentials } from 'amqplib';
import { startRabbitmq } from '#test/harness/brokers/rabbitmq.ts';
import { EVENT, type EventServer, type Family } from './family.ts';

/** Quorum queues, which are the ones that survive a node. */
export const rabbitmq: Family = { type: 'rabbitmq', count: 20_000, start };

async function start(): Promise<EventServer> {
  const server = await startRabbitmq();
  const { username, password } = server.credentials;
  const connection = await connect(`amqp://${server.plain}`, {
    credentials: credentials.plain(username, password),
  });
  const channel = await connection.createConfirmChannel();
  const content = Buffer.from(EVENT);
  return {
    credentials: { username, password },
    async open(queue) {
      await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
      return { address: `amqp://${server.plain}`, queue };
    },
    async publish(queue, count) {
      for (let sent = 0; sent < count; sent++) channel.sendToQueue(queue, content, { persistent: true });
      await channel.waitForConfirms();
    },
    async stop() {
      await connection.close();
      await server.stop();
    },
  };
}
