import type { ConsumeMessage } from 'amqplib';
import { describe, expect, it } from 'vitest';
import { type MessageOrigin, messageEvent } from './message.ts';

const origin: MessageOrigin = { source: 'rabbitmq://r/%2F/q', queue: 'q', orderBy: 'queue' };

function message(properties: object): ConsumeMessage {
  const fields = { deliveryTag: 1, redelivered: false, exchange: '', routingKey: '', consumerTag: 'c' };
  return { content: Buffer.from('x'), fields, properties: { headers: {}, ...properties } } as ConsumeMessage;
}

describe('messageEvent', () => {
  it('reads times in seconds, as AMQP says, and in milliseconds', () => {
    expect(messageEvent(message({ timestamp: 1_700_000_000 }), origin).time).toBe('2023-11-14T22:13:20.000Z');
    expect(messageEvent(message({ timestamp: 1_700_000_000_000 }), origin).time).toBe(
      '2023-11-14T22:13:20.000Z',
    );
    expect(messageEvent(message({}), origin)).not.toHaveProperty('time');
  });

  it('tells messages without an id apart', () => {
    const ids = [1, 2].map(() => messageEvent(message({}), origin).id);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it('leaves out what RabbitMQ adds, but says how often it was delivered', () => {
    const headers = { 'x-delivery-count': 2, 'x-death': [{}], shop: 'vienna' };
    expect(messageEvent(message({ headers }), origin).extensions).toEqual({
      amqpdeliverycount: '2',
      amqpheadershop: 'vienna',
    });
  });
});
