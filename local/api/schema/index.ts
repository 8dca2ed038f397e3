/** Schemas of the API: those of built-in kinds, those of CRDs, and what both allow. */

export { defaultBuiltin } from './builtin/defaults/index.ts';
export { builtinSchema } from './builtin/index.ts';
export { validateBuiltin } from './builtin/validation/index.ts';
export { type CompiledDefinition, type CompiledVersion, compileDefinition } from './crd/index.ts';
export { withDefaults } from './defaults.ts';
export { errorText } from './errors.ts';
export { type MetadataOptions, validateMetadata } from './metadata.ts';
export { openApiV3, type ServedKind } from './openapi.ts';
export { prune } from './prune.ts';
export type { FieldError, FieldErrorType, JSONSchema, KubeObject, ValidationRule } from './types.ts';
export { validate } from './validate/index.ts';
export { validateTypes } from './validate/types-only.ts';
