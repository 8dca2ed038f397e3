import Type from 'typebox';

export const rabbitmq = Type.Object(
  {
    address: Type.String({
      maxLength: 512,
      pattern: '^amqps?://[^/@?#\\s]+(/[^/?#\\s]*)?$',
      description:
        'Where RabbitMQ is: amqp://HOST:PORT/VHOST, or amqps:// for TLS; without user and password. The virtual host is / when absent.',
    }),
    queue: Type.String({
      minLength: 1,
      maxLength: 255,
      description: 'The queue whose messages call the function; it must exist.',
    }),
    prefetch: Type.Integer({
      format: 'int32',
      minimum: 1,
      maximum: 1000,
      default: 100,
      description: 'Messages that the gateway holds at the same time, not acknowledged.',
    }),
    orderBy: Type.Unsafe<'none' | 'queue' | 'routingKey'>({
      type: 'string',
      enum: ['none', 'queue', 'routingKey'],
      default: 'none',
      description:
        'Which messages reach the function one after the other: any at the same time (none), all (queue), or those with the same routing key (routingKey).',
    }),
  },
  { description: 'Calls the function with the messages of a RabbitMQ queue.' },
);
