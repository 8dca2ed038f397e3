import { randomUUID } from 'node:crypto';
import type { ConsumeMessage } from 'amqplib';
import type { TriggerEvent } from '../../source.ts';
import { headerExtensions } from '../header-extensions.ts';

export interface MessageOrigin {
  /** URI of the queue. */
  source: string;
  queue: string;
  orderBy: 'none' | 'queue' | 'routingKey';
}

/** The event of a message. */
export function messageEvent(
  { content, fields, properties }: ConsumeMessage,
  { source, queue, orderBy }: MessageOrigin,
): TriggerEvent {
  const { exchange, routingKey, redelivered } = fields;
  const { messageId, timestamp, contentType, contentEncoding, correlationId, replyTo, headers } = properties;
  const deliveries = headers?.['x-delivery-count'];
  const key = { none: undefined, queue, routingKey }[orderBy];
  return {
    // Nothing else would tell two messages with the same content apart.
    id: text(messageId) ?? randomUUID(),
    type: 'com.rabbitmq.message',
    source,
    ...(routingKey && { subject: routingKey }),
    ...timeOf(timestamp),
    ...(text(contentType) && { contentType: text(contentType) }),
    data: content,
    extensions: {
      ...present({
        amqpexchange: text(exchange),
        amqpcorrelationid: text(correlationId),
        amqpreplyto: text(replyTo),
        amqpcontentencoding: text(contentEncoding),
        // Only quorum queues count.
        amqpdeliverycount: deliveries === undefined ? undefined : String(deliveries),
        amqpredelivered: redelivered ? 'true' : undefined,
      }),
      ...headerExtensions('amqpheader', plainHeaders(headers ?? {})),
    },
    ...(key !== undefined && { key }),
  };
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** AMQP says seconds; some clients send milliseconds. */
function timeOf(timestamp: unknown): { time?: string } {
  const seconds = Number(timestamp);
  if (!(seconds > 0) || seconds > 8.64e15) return {};
  return { time: new Date(seconds < 1e11 ? seconds * 1_000 : seconds).toISOString() };
}

const present = (values: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );

/** Tables, lists and what RabbitMQ adds itself are left out. */
function plainHeaders(headers: Record<string, unknown>): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    !name.startsWith('x-') && ['string', 'number', 'boolean'].includes(typeof value)
      ? [[name, String(value)]]
      : [],
  );
}
