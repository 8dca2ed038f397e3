import Type from 'typebox';
import { integer, rule, stringEnum } from '../schema-helpers.ts';

const SUBJECT = '^[^\\s.]+(\\.[^\\s.]+)*$';
const NAME = '^[^\\s.*>/\\\\]+$';

const jetStream = Type.Object(
  {
    stream: Type.String({
      minLength: 1,
      maxLength: 255,
      pattern: NAME,
      description: 'Name of the stream, which must exist.',
    }),
    consumer: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        pattern: NAME,
        description:
          'Durable pull consumer: used as it is when it exists, else created. catnap_NAMESPACE_FUNCTION_TRIGGER when absent.',
      }),
    ),
    deliverPolicy: stringEnum(['all', 'new'], {
      default: 'all',
      description:
        'Where a consumer that is created begins: with everything the stream holds (all), or with what comes after (new).',
    }),
    ackWaitSeconds: integer({
      minimum: 2,
      maximum: 3600,
      default: 30,
      description:
        'After this time without a sign of life from a gateway its messages go to another; calls may take longer.',
    }),
    maxAckPending: integer({
      minimum: 1,
      maximum: 10000,
      default: 256,
      description: 'Messages that may be on their way to the function at the same time.',
    }),
  },
  { description: 'Receive from a JetStream stream, at least once, instead of from core NATS, at most once.' },
);

export const nats = Type.Object(
  {
    servers: Type.Array(
      Type.String({
        maxLength: 512,
        pattern: '^(nats|tls)://[^\\s/@]+$',
        description: 'nats://HOST:PORT, or tls://HOST:PORT to insist on TLS.',
      }),
      {
        minItems: 1,
        maxItems: 16,
        'x-kubernetes-list-type': 'atomic',
        description: 'Servers of one cluster; any that answers is used.',
      },
    ),
    subject: Type.Optional(
      Type.String({
        maxLength: 512,
        pattern: SUBJECT,
        description: 'Subject, with * and > as wildcards; of a stream, only these messages.',
      }),
    ),
    queueGroup: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        pattern: '^\\S+$',
        description: 'Core NATS: each message goes to one member of the group.',
      }),
    ),
    ordering: stringEnum(['none', 'subject'], {
      default: 'none',
      description:
        'Whether messages of one subject reach the function one after the other (subject) or as fast as it takes them (none).',
    }),
    jetStream: Type.Optional(jetStream),
  },
  {
    description: 'Messages of NATS, core or JetStream.',
    'x-kubernetes-validations': [
      rule('has(self.subject) || has(self.jetStream)', 'set subject, or jetStream, or both'),
      rule(
        '!has(self.queueGroup) || !has(self.jetStream)',
        'queueGroup goes with core NATS; a JetStream consumer shares its messages anyway',
      ),
    ],
  },
);
