import type { Static } from 'typebox';
import type { sqs } from '#crds/function/triggers/sqs.ts';
import type { CreateSource } from '../source.ts';
import { Deliveries } from './deliveries.ts';

export type SqsConfig = Static<typeof sqs>;

/** Messages of an SQS queue, standard or FIFO, at least once. */
export const createSqsSource: CreateSource<SqsConfig> = (setup) => {
  const deliveries = new Deliveries();
  return {
    async run(context) {
      // Loaded by the first trigger that needs it: 30 MB that most gateways never use.
      const { consume } = await import('./sqs/consumer.ts');
      await consume(setup, deliveries, context);
    },
  };
};
