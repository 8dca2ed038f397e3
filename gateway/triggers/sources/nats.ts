import type { Static } from 'typebox';
import type { nats } from '#crds/function/triggers/nats.ts';
import type { CreateSource } from '../source.ts';
import { Deliveries } from './deliveries.ts';

export type NatsConfig = Static<typeof nats>;

/** Messages of core NATS, at most once, or of a JetStream stream, at least once. */
export const createNatsSource: CreateSource<NatsConfig> = (setup) => {
  const deliveries = new Deliveries();
  return {
    async run(context) {
      // Loaded by the first trigger that needs it.
      const [{ withConnection }, { runCore }, { runJetStream }] = await Promise.all([
        import('./nats/connection.ts'),
        import('./nats/core.ts'),
        import('./nats/jetstream.ts'),
      ]);
      await withConnection(setup, context.signal, (connection) =>
        setup.config.jetStream
          ? runJetStream(connection, setup, setup.config.jetStream, deliveries, context)
          : runCore(connection, setup, context),
      );
    },
  };
};
