import { connectAsync } from 'mqtt';
import { mosquittoUser, startMosquitto } from '#test/harness/brokers/mosquitto.ts';
import { EVENT, type EventServer, type Family, KEYS, times } from './family.ts';

/** Sessions with a topic for each key, QoS 1: a topic has an order. */
export const mqtt: Family = { type: 'mqtt', count: 10_000, start };

async function start(): Promise<EventServer> {
  // As it is installed, it throws away what a session that is away has beyond 1,000 messages.
  const server = await startMosquitto({ settings: ['max_queued_messages 0'] });
  const url = `mqtt://127.0.0.1:${server.port}`;
  // MQTT 5 would have it wait for 20 acknowledgements at a time.
  const client = await connectAsync(url, { ...mosquittoUser, protocolVersion: 4 });
  return {
    credentials: mosquittoUser,
    async open(session) {
      // The session must be there before anything is published, and the trigger takes it over.
      const topics = [{ filter: `${session}/+`, qos: 1 }];
      const subscriber = await connectAsync(url, {
        ...mosquittoUser,
        protocolVersion: 5,
        clientId: session,
        clean: false,
        properties: { sessionExpiryInterval: 3600 },
      });
      for (const { filter } of topics) await subscriber.subscribeAsync(filter, { qos: 1 });
      await subscriber.endAsync();
      return { url, topics, clientId: session };
    },
    async publish(session, count) {
      const send = (index: number) => client.publishAsync(`${session}/${index % KEYS}`, EVENT, { qos: 1 });
      await Promise.all(times(count, send));
    },
    async stop() {
      await client.endAsync();
      await server.stop();
    },
  };
}
