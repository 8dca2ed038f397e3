import Type from 'typebox';
import { integer } from '../schema-helpers.ts';

export const sqs = Type.Object(
  {
    queueUrl: Type.String({
      maxLength: 1024,
      pattern: '^https?://[^\\s/]+/\\S+$',
      description: 'URL of the queue; one that ends in .fifo is taken as a FIFO queue.',
    }),
    region: Type.Optional(
      Type.String({
        maxLength: 64,
        pattern: '^[a-z0-9-]+$',
        description: 'Region; taken from queueUrl when absent, else us-east-1.',
      }),
    ),
    endpoint: Type.Optional(
      Type.String({
        maxLength: 512,
        pattern: '^https?://[^\\s]+$',
        description: 'Where requests go; the host of queueUrl when absent.',
      }),
    ),
    visibilityTimeoutSeconds: integer({
      minimum: 2,
      maximum: 3600,
      default: 30,
      description:
        'After this time without a sign of life from a gateway its messages go to another; calls may take longer.',
    }),
    maxInFlight: integer({
      minimum: 1,
      maximum: 10000,
      default: 100,
      description: 'Messages that may be on their way to the function at the same time.',
    }),
  },
  { description: 'Messages of an SQS queue, or of one that speaks the same protocol.' },
);
