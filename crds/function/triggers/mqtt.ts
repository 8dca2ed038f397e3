import Type from 'typebox';
import { integer, stringEnum } from '../schema-helpers.ts';

export const mqtt = Type.Object(
  {
    url: Type.String({
      maxLength: 512,
      pattern: '^mqtts?://[^\\s/@]+$',
      description: 'mqtt://HOST:PORT, or mqtts://HOST:PORT for TLS; ports 1883 and 8883 when absent.',
    }),
    protocol: stringEnum(['MQTT5', 'MQTT311'], {
      default: 'MQTT5',
      description: 'Version of the protocol: MQTT5, or MQTT311 for 3.1.1.',
    }),
    topics: Type.Array(
      Type.Object(
        {
          filter: Type.String({
            minLength: 1,
            maxLength: 1024,
            description:
              'Topic, with + and # as wildcards; $share/GROUP/FILTER for a shared subscription (MQTT5).',
          }),
          qos: Type.Integer({
            format: 'int32',
            minimum: 0,
            maximum: 2,
            default: 1,
            description: '0: at most once. 1 and 2: kept by the broker until the function has them.',
          }),
        },
        { description: 'One subscription.' },
      ),
      {
        minItems: 1,
        maxItems: 32,
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['filter'],
        description: 'What to subscribe to.',
      },
    ),
    clientId: Type.Optional(
      Type.String({
        maxLength: 128,
        pattern: '^[!-~]+$',
        description:
          'Under which the broker keeps the session; no other client may use it. Made from namespace, function and trigger when absent.',
      }),
    ),
    sessionExpirySeconds: integer({
      minimum: 60,
      maximum: 2147483647,
      default: 604800,
      description: 'MQTT5: how long the broker keeps messages while nobody is connected.',
    }),
    maxInFlight: integer({
      minimum: 1,
      maximum: 10000,
      default: 100,
      description: 'Messages that may be on their way to the function at the same time.',
    }),
    ordering: stringEnum(['topic', 'none'], {
      default: 'topic',
      description:
        'Whether messages of one topic reach the function one after the other (topic) or as fast as it takes them (none).',
    }),
  },
  { description: 'Messages of an MQTT broker.' },
);
