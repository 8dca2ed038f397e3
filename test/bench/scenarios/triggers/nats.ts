import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { startNats } from '#test/harness/brokers/nats.ts';
import { EVENT, type EventServer, type Family, times } from './family.ts';

/** JetStream. */
export const nats: Family = { type: 'nats', count: 20_000, start };

async function start(): Promise<EventServer> {
  const server = await startNats();
  const connection = await connect({ servers: server.url });
  const client = jetstream(connection);
  return {
    async open(stream) {
      const manager = await jetstreamManager(connection);
      await manager.streams.add({ name: stream, subjects: [`${stream}.>`] });
      return { servers: [server.url], jetStream: { stream } };
    },
    async publish(stream, count) {
      await Promise.all(times(count, () => client.publish(`${stream}.order`, EVENT)));
    },
    async stop() {
      await connection.close();
      await server.stop();
    },
  };
}
