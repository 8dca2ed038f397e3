import Type from 'typebox';

export const kafka = Type.Object(
  {
    brokers: Type.Array(
      Type.String({
        maxLength: 260,
        pattern: '^(\\[[0-9a-fA-F:]+\\]|[^\\s:/@,]+):[0-9]{1,5}$',
        description: 'HOST:PORT.',
      }),
      {
        minItems: 1,
        maxItems: 16,
        'x-kubernetes-list-type': 'atomic',
        description: 'Brokers to ask first; they tell the others.',
      },
    ),
    topics: Type.Array(
      Type.String({
        minLength: 1,
        maxLength: 249,
        pattern: '^[a-zA-Z0-9._-]+$',
        description: 'Name of a topic.',
      }),
      {
        minItems: 1,
        maxItems: 32,
        'x-kubernetes-list-type': 'set',
        description: 'Topics whose records call the function; they must exist.',
      },
    ),
    group: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 249,
        description: 'Consumer group that keeps the position; catnap.NAMESPACE.FUNCTION.TRIGGER by default.',
      }),
    ),
    startFrom: Type.Unsafe<'earliest' | 'latest'>({
      type: 'string',
      enum: ['earliest', 'latest'],
      default: 'latest',
      description:
        'Where a group without a position begins: with the oldest record (earliest), or with what comes from now on (latest).',
    }),
    orderBy: Type.Unsafe<'partition' | 'key'>({
      type: 'string',
      enum: ['partition', 'key'],
      default: 'partition',
      description:
        'Which records reach the function one after the other: all of a partition (partition), or those with the same key (key).',
    }),
    tls: Type.Boolean({ default: false, description: 'Whether the brokers speak TLS.' }),
    sasl: Type.Optional(
      Type.Unsafe<'plain' | 'scram-sha-256' | 'scram-sha-512'>({
        type: 'string',
        enum: ['plain', 'scram-sha-256', 'scram-sha-512'],
        description: 'How username and password of the Secret are sent; without it there is no user.',
      }),
    ),
  },
  { description: 'Calls the function with the records of Kafka topics.' },
);
