/** Conditions as the API conventions want them. */
import Type, { type Static } from 'typebox';
import { stringEnum } from './schema-helpers.ts';

export const condition = Type.Object({
  type: Type.String({ maxLength: 316 }),
  status: stringEnum(['True', 'False', 'Unknown']),
  observedGeneration: Type.Optional(Type.Integer({ format: 'int64', minimum: 0 })),
  lastTransitionTime: Type.String({ format: 'date-time' }),
  reason: Type.String({ minLength: 1, maxLength: 1024 }),
  message: Type.String({ maxLength: 32768 }),
});

export type FunctionCondition = Static<typeof condition>;
