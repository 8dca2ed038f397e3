/** Events from a PostgreSQL database: notifications, or the changes of rows. */
import type { Static } from 'typebox';
import type { postgres } from '#crds/function/triggers/postgres.ts';
import type { CreateSource } from '#gateway/triggers/source.ts';
import { followChanges } from './postgres/changes.ts';
import { explained } from './postgres/explain.ts';
import { followChannels } from './postgres/listen.ts';

export const createPostgresSource: CreateSource<Static<typeof postgres>> = (setup) => ({
  async run(context) {
    const { listen, changes } = setup.config;
    try {
      if (changes !== undefined) await followChanges(setup, changes, context);
      else if (listen !== undefined) await followChannels(setup, listen.channels, context);
      else throw new Error('the trigger says neither listen nor changes: set one of them');
    } catch (error) {
      if (!context.signal.aborted) throw explained(error, setup.config);
    }
  },
});
