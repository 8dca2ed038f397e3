/** Brokers that keep messages until each is acknowledged. */
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { connect, credentials as loginOf } from 'amqplib';
import { connectAsync } from 'mqtt';
import { mosquittoUser, startMosquitto } from '#test/harness/brokers/mosquitto.ts';
import { startRabbitmq } from '#test/harness/brokers/rabbitmq.ts';
import { sendMessages, startSqs } from '#test/harness/brokers/sqs.ts';
import { objectCreated } from '#test/harness/s3-notification.ts';
import { type Broker, ONE_AT_A_TIME, TEN_AT_A_TIME } from './broker.ts';

export const rabbitmq: Broker = {
  // What the gateway had received when the broker died is delivered, and received again: `prefetch` messages.
  functions: { rabbitmq: 100 + TEN_AT_A_TIME },
  async start() {
    const server = await startRabbitmq();
    const { username, password } = server.credentials;
    const openChannel = async () => {
      const connection = await connect(`amqp://${server.plain}`, {
        credentials: loginOf.plain(username, password),
      });
      return { connection, channel: await connection.createConfirmChannel() };
    };
    // Long before it is killed: RabbitMQ 3.10 loses what a quorum queue is when it dies right after its creation.
    const { connection, channel } = await openChannel();
    await channel.assertQueue('orders', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    await connection.close();
    return {
      triggers: {
        rabbitmq: {
          source: { rabbitmq: { address: `amqp://${server.plain}`, queue: 'orders' } },
          credentials: { username, password },
          async publish(ids) {
            const { connection, channel } = await openChannel();
            for (const id of ids) channel.sendToQueue('orders', Buffer.from(id), { persistent: true });
            await channel.waitForConfirms();
            await connection.close();
          },
        },
      },
      kill: server.kill,
      restart: server.start,
      stop: server.stop,
    };
  },
};

/** A queue of messages, and one that a bucket notifies. */
export const sqs: Broker = {
  functions: { sqs: TEN_AT_A_TIME, 's3-queue': TEN_AT_A_TIME },
  async start() {
    const server = await startSqs({ durable: true });
    const credentials = { accessKeyId: 'catnap', secretAccessKey: 'secret' };
    const { endpoint } = server;
    // The client writes into the object that it gets.
    const client = new SQSClient({ endpoint, region: 'us-east-1', credentials: { ...credentials } });
    const createQueue = async (name: string) => {
      await client.send(new CreateQueueCommand({ QueueName: name }));
      return { queueUrl: `${endpoint}/000000000000/${name}`, visibilityTimeoutSeconds: 5 };
    };
    const [orders, uploads] = [await createQueue('orders'), await createQueue('uploads')];
    return {
      triggers: {
        sqs: {
          source: { sqs: orders },
          credentials,
          publish: (ids) => sendMessages(client, orders.queueUrl, ids),
        },
        's3-queue': {
          source: { s3: { sqs: uploads } },
          credentials,
          publish: (ids) =>
            sendMessages(
              client,
              uploads.queueUrl,
              ids.map((id) => objectCreated('photos', id)),
            ),
        },
      },
      kill: server.kill,
      restart: server.restart,
      async stop() {
        client.destroy();
        await server.stop();
      },
    };
  },
};

export const mqtt: Broker = {
  functions: { mqtt: ONE_AT_A_TIME },
  async start() {
    const server = await startMosquitto();
    const url = `mqtt://127.0.0.1:${server.port}`;
    return {
      triggers: {
        mqtt: {
          source: { mqtt: { url, topics: [{ filter: 'orders/#', qos: 1 }] } },
          credentials: mosquittoUser,
          async publish(ids) {
            const client = await connectAsync(url, mosquittoUser);
            for (const id of ids) await client.publishAsync('orders/new', id, { qos: 1 });
            await client.endAsync();
          },
        },
      },
      kill: server.crash,
      restart: server.restart,
      stop: server.stop,
    };
  },
};
