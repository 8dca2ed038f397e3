import type { FieldError } from '../../core/field-errors.ts';
import type { Strategy } from '../resource.ts';
import { builtinErrors, withBuiltinDefaults } from '../schemas.ts';

/** The life of most built-in resources; `overrides` says what is different. */
export function builtinStrategy(
  kind: { group: string; version: string; kind: string },
  overrides: Partial<Strategy> = {},
): Strategy {
  return {
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: true,
    hasGeneration: false,
    keepsStatusOnCreate: false,
    statusTakesMetadata: false,
    returnsDeletedObject: false,
    defaults: (object) => withBuiltinDefaults(kind, object),
    ...overrides,
    validate: (object, live, subresource) => [
      ...builtinErrors(kind, object, live),
      ...(overrides.validate?.(object, live, subresource) ?? []),
    ],
  };
}

/** An error for a field that may not change once set. */
export function immutable(field: string, value: unknown): FieldError {
  return { type: 'Invalid', field, value, message: 'field is immutable' };
}
