/**
 * The side of MQTT that receives, on the codec of MQTT.js. MQTT.js itself would read nothing more, answers to
 * pings included, while a message is being delivered, and acknowledges QoS 2 before anybody has the message.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { IConnackPacket, IPublishPacket, Packet } from 'mqtt-packet';
import type { TriggerSetup } from '../../source.ts';
import type { MqttConfig } from '../mqtt.ts';
import { tlsSettings } from '../tls.ts';
import { connectPacket } from './login.ts';
import { disconnectReason, refusal } from './reasons.ts';
import { MqttWire } from './wire.ts';

const ANSWER_MS = 10_000;
/** Nothing else that we send has one. */
const SUBSCRIBE_ID = 1;
const REFUSED = 128;

export interface MqttHandlers {
  /** Comes before anything else. */
  accepted(sessionPresent: boolean): void;
  publish(packet: IPublishPacket): void;
  /** The broker lets go of a QoS 2 message. */
  release(messageId: number): void;
}

export class MqttConnection {
  readonly wire: MqttWire;
  readonly #setup: TriggerSetup<MqttConfig>;
  readonly #handlers: MqttHandlers;
  readonly #accepted = Promise.withResolvers<void>();
  readonly #subscribed = Promise.withResolvers<readonly number[]>();

  constructor(setup: TriggerSetup<MqttConfig>, handlers: MqttHandlers) {
    this.#setup = setup;
    this.#handlers = handlers;
    const version = setup.config.protocol === 'MQTT5' ? 5 : 4;
    this.wire = new MqttWire(openSocket(setup), version, (packet) => this.#handle(packet));
  }

  /** Logs in and subscribes. Rejects when the broker refuses, does not answer, or goes away. */
  async start(): Promise<void> {
    const patience = setTimeout(
      () => this.wire.fail(new Error('the broker did not answer in time')),
      ANSWER_MS,
    );
    try {
      this.wire.send(connectPacket(this.#setup, this.wire.version));
      await this.#orLost(this.#accepted.promise);
      await this.#subscribe();
    } finally {
      clearTimeout(patience);
    }
  }

  async #subscribe(): Promise<void> {
    const { topics } = this.#setup.config;
    this.wire.send({
      cmd: 'subscribe',
      messageId: SUBSCRIBE_ID,
      subscriptions: topics.map(({ filter, qos }) => ({ topic: filter, qos: qos as 0 | 1 | 2 })),
    });
    const granted = await this.#orLost(this.#subscribed.promise);
    const refused = topics.filter((_, index) => (granted[index] ?? REFUSED) >= REFUSED);
    if (refused.length === 0) return;
    const filters = refused.map(({ filter }) => filter).join(', ');
    throw new Error(
      `the broker refuses the subscription to ${filters}; check the filter in mqtt.topics, and what the user may read`,
    );
  }

  async #orLost<T>(answer: Promise<T>): Promise<T> {
    await Promise.race([answer, this.wire.closed]);
    return answer;
  }

  #handle(packet: Packet): void {
    if (packet.cmd === 'publish') this.#handlers.publish(packet);
    else if (packet.cmd === 'pubrel') this.#handlers.release(packet.messageId ?? 0);
    else if (packet.cmd === 'suback') this.#subscribed.resolve(packet.granted as number[]);
    else if (packet.cmd === 'disconnect') this.wire.fail(new Error(disconnectReason(packet.reasonCode)));
    else if (packet.cmd === 'connack') this.#accept(packet);
  }

  #accept({ sessionPresent, reasonCode, returnCode }: IConnackPacket): void {
    const refused = refusal(this.wire.version, reasonCode ?? returnCode);
    if (refused) {
      this.wire.fail(new Error(refused));
      return;
    }
    this.#handlers.accepted(sessionPresent);
    this.#accepted.resolve();
  }
}

function openSocket({ config, credentials }: TriggerSetup<MqttConfig>): Socket {
  const { protocol, hostname, port } = new URL(config.url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (protocol === 'mqtt:') return connectTcp({ host, port: Number(port || 1883), noDelay: true });
  const servername = isIP(host) ? undefined : host;
  return connectTls({ host, servername, port: Number(port || 8883), ...tlsSettings(credentials) });
}
