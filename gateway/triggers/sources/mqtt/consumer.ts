import type { IPublishPacket } from 'mqtt-packet';
import type { SourceContext, TriggerSetup } from '../../source.ts';
import { Deliveries } from '../deliveries.ts';
import { InFlight } from '../in-flight.ts';
import type { MqttConfig } from '../mqtt.ts';
import { MqttConnection } from './connection.ts';
import { eventOf } from './event.ts';
import { InOrder } from './in-order.ts';
import { MqttSession } from './session.ts';

/** One trigger; its knowledge of the session lasts over runs. */
export class MqttConsumer {
  readonly #setup: TriggerSetup<MqttConfig>;
  readonly #session = new MqttSession();
  readonly #deliveries = new Deliveries();

  constructor(setup: TriggerSetup<MqttConfig>) {
    this.#setup = setup;
  }

  /** Connects and hands over messages until the signal aborts. Rejects when the broker refuses or goes away. */
  async run(context: SourceContext): Promise<void> {
    const { signal } = context;
    if (signal.aborted) return;
    const inFlight = new InFlight();
    const inOrder = new InOrder();
    const connection = new MqttConnection(this.#setup, {
      accepted: (sessionPresent) => {
        if (!sessionPresent) this.#session.reset();
      },
      publish: (packet) => {
        if (signal.aborted) return;
        inFlight.add(this.#handle(packet, connection, inOrder, context));
        void this.#holdBack(connection, inFlight);
      },
      release: (messageId) => {
        this.#session.released(messageId);
        connection.wire.send({ cmd: 'pubcomp', messageId });
      },
    });
    const aborted = Promise.withResolvers<void>();
    const abort = () => aborted.resolve();
    signal.addEventListener('abort', abort);
    try {
      await Promise.race([connection.start().then(context.connected), aborted.promise]);
      await Promise.race([connection.wire.closed, aborted.promise]);
      connection.wire.pause();
      await inFlight.settled();
    } catch (error) {
      throw explain(error as Error, this.#setup.config);
    } finally {
      signal.removeEventListener('abort', abort);
      await connection.wire.end();
    }
  }

  /** Without an acknowledgement the broker keeps the message, and sends it again after the next connection. */
  async #handle(
    packet: IPublishPacket,
    { wire }: MqttConnection,
    inOrder: InOrder,
    { deliver, log }: SourceContext,
  ): Promise<void> {
    const id = this.#session.identify(packet);
    const { config } = this.#setup;
    const start = () =>
      deliver([eventOf(packet, id, config, new Date())]).catch((error) => {
        // The trigger is about to stop: the broker keeps the rest.
        wire.hold();
        throw error;
      });
    try {
      if (packet.qos === 0) return await start();
      const delivery = this.#session.isReceived(packet)
        ? Promise.resolve()
        : this.#deliveries.once(id, start);
      await inOrder.add(delivery, () => {
        if (!wire.open) return;
        wire.send({ cmd: packet.qos === 1 ? 'puback' : 'pubrec', messageId: packet.messageId });
        this.#session.acknowledged(packet);
        this.#deliveries.acknowledged(id);
      });
    } catch (error) {
      log.debug({ err: error, topic: packet.topic }, 'a message was not acknowledged');
    }
  }

  /** QoS 0 and brokers of MQTT 3.1.1 know no other bound than a connection that is not read. */
  async #holdBack({ wire }: MqttConnection, inFlight: InFlight): Promise<void> {
    const { maxInFlight } = this.#setup.config;
    // What is parsed already still comes, but only the first that is too many waits for others.
    if (wire.paused || inFlight.size <= maxInFlight) return;
    wire.pause();
    while (inFlight.size > maxInFlight) await inFlight.next();
    wire.resume();
  }
}

function explain(error: Error & { code?: string }, config: MqttConfig): Error {
  let advice = '';
  if (/certificate|self.signed|SSL|TLS/i.test(`${error.message} ${error.code}`)) {
    advice =
      ': TLS failed; check that ca.crt in the Secret of secretRef is the authority that signed the certificate of the broker, and tls.crt and tls.key if it asks for a certificate';
  } else if (/closed the connection$/.test(error.message)) {
    advice = ': check that the broker runs, and that no other client uses the same mqtt.clientId';
  } else if (error.code || /in time$/.test(error.message)) {
    advice = ': check mqtt.url, and that the broker runs and can be reached from the gateways';
  }
  return new Error(`MQTT ${config.url}: ${error.message}${advice}`, { cause: error });
}
