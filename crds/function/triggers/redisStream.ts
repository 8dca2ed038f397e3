import Type from 'typebox';

export const redisStream = Type.Object(
  {
    address: Type.String({
      maxLength: 512,
      pattern: '^rediss?://[^/@?#\\s]+(/[0-9]{1,4})?$',
      description:
        'Where Redis is: redis://HOST:PORT/DATABASE, or rediss:// for TLS; without user and password.',
    }),
    stream: Type.String({ minLength: 1, maxLength: 512, description: 'Key of the stream.' }),
    group: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 256,
        description:
          'Consumer group, created when it is absent; catnap:NAMESPACE/FUNCTION/TRIGGER by default.',
      }),
    ),
    startFrom: Type.Unsafe<'earliest' | 'latest'>({
      type: 'string',
      enum: ['earliest', 'latest'],
      default: 'latest',
      description:
        'Where a new group begins: with the oldest entry (earliest), or with what comes after its creation (latest).',
    }),
    orderBy: Type.Unsafe<'none' | 'stream' | 'field'>({
      type: 'string',
      enum: ['none', 'stream', 'field'],
      default: 'none',
      description:
        'Which entries reach the function one after the other: any at the same time (none), all in order (stream), or those with the same value of orderField (field).',
    }),
    orderField: Type.Optional(
      Type.String({ minLength: 1, maxLength: 256, description: 'The field that orderBy: field means.' }),
    ),
  },
  {
    description: 'Calls the function with the entries of a Redis stream.',
    'x-kubernetes-validations': [
      {
        rule: "(has(self.orderBy) && self.orderBy == 'field') == has(self.orderField)",
        message: 'orderField goes with orderBy: field, and orderBy: field needs it',
        fieldPath: '.orderField',
      },
    ],
  },
);
