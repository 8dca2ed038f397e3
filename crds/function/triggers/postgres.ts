import Type from 'typebox';
import { rule } from '../schema-helpers.ts';

const listen = Type.Object(
  {
    channels: Type.Array(
      Type.String({ minLength: 1, maxLength: 63, description: 'Name of a channel, in its exact case.' }),
      {
        minItems: 1,
        maxItems: 32,
        'x-kubernetes-list-type': 'set',
        description: 'Channels to LISTEN on.',
      },
    ),
  },
  {
    description:
      'Each NOTIFY on these channels is an event. PostgreSQL keeps none: what is notified while no gateway is connected is lost.',
  },
);

const changes = Type.Object(
  {
    publication: Type.Optional(
      Type.String({ minLength: 1, maxLength: 63, description: 'A publication that exists.' }),
    ),
    tables: Type.Optional(
      Type.Array(
        Type.String({
          maxLength: 127,
          pattern: '^[^."]{1,63}[.][^."]{1,63}$',
          description: 'SCHEMA.TABLE, both in their exact case.',
        }),
        {
          minItems: 1,
          maxItems: 64,
          'x-kubernetes-list-type': 'set',
          description: 'Tables to create a publication for, and to keep it at; the user must own them.',
        },
      ),
    ),
    slot: Type.Optional(
      Type.String({
        maxLength: 63,
        pattern: '^[a-z0-9_]+$',
        description:
          'Name of the replication slot, which is created when it does not exist. Made of the names of function and trigger when absent.',
      }),
    ),
  },
  {
    description:
      'Each inserted, updated or deleted row is an event, by logical replication from a slot of its own.',
    'x-kubernetes-validations': [
      rule('has(self.publication) != has(self.tables)', 'set exactly one of publication and tables'),
    ],
  },
);

export const postgres = Type.Object(
  {
    host: Type.String({ minLength: 1, maxLength: 253, description: 'Name or address of the server.' }),
    port: Type.Integer({
      format: 'int32',
      minimum: 1,
      maximum: 65535,
      default: 5432,
      description: 'Port of the server itself; a connection pooler gets in the way.',
    }),
    database: Type.String({ minLength: 1, maxLength: 63, description: 'Name of the database.' }),
    sslMode: Type.Unsafe<'disable' | 'require' | 'verify-full'>({
      type: 'string',
      enum: ['disable', 'require', 'verify-full'],
      default: 'verify-full',
      description:
        "As in libpq: no TLS (disable), TLS with any certificate (require), or TLS with a certificate for this host by an authority that is known or in the Secret's ca.crt (verify-full).",
    }),
    listen: Type.Optional(listen),
    changes: Type.Optional(changes),
  },
  {
    description: 'Notifications or row changes of a PostgreSQL database.',
    'x-kubernetes-validations': [
      rule('has(self.listen) != has(self.changes)', 'set exactly one of listen and changes'),
    ],
  },
);
