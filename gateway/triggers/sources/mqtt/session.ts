import { createHash, randomUUID } from 'node:crypto';
import type { IPublishPacket } from 'mqtt-packet';

/**
 * What this side knows of the session that the broker keeps: messages that are not acknowledged come again
 * after the next connection, with the packet identifiers that they had.
 */
export class MqttSession {
  readonly #open = new Map<number, { digest: string; id: string }>();
  readonly #received = new Set<number>();

  /** The broker knows of no session: what identifiers meant is void. */
  reset(): void {
    this.#open.clear();
    this.#received.clear();
  }

  /** An id for the event: the same when the broker repeats a message that was not acknowledged. */
  identify({ messageId = 0, qos, dup, topic, payload }: IPublishPacket): string {
    if (qos === 0) return randomUUID();
    const digest = createHash('sha256').update(topic).update('\0').update(payload).digest('hex');
    const known = this.#open.get(messageId);
    if (dup && known?.digest === digest) return known.id;
    const id = randomUUID();
    this.#open.set(messageId, { digest, id });
    return id;
  }

  /** Whether a QoS 2 message was acknowledged before: it is then only to be acknowledged again. */
  isReceived({ qos, messageId = 0 }: IPublishPacket): boolean {
    return qos === 2 && this.#received.has(messageId);
  }

  acknowledged({ qos, messageId = 0 }: IPublishPacket): void {
    this.#open.delete(messageId);
    if (qos === 2) this.#received.add(messageId);
  }

  released(messageId: number): void {
    this.#received.delete(messageId);
  }
}
