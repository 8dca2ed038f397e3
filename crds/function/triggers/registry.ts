import Type from 'typebox';
import { cron } from './cron.ts';

/** Every source that a trigger can have, by the name of its field. */
export const triggerSources = {
  cron: Type.Optional(cron),
};
