/**
 * Server-side apply and the tracking of field managers, as pure functions on raw objects.
 * They own nothing but `metadata.managedFields`: defaults, validation, resourceVersion and generation are
 * the caller's.
 */
export { ApplyConflict, ApplyError, type FieldConflict } from './errors.ts';
export type { ManagedFieldsEntry } from './managed-fields.ts';
export { type ApplyInput, serverSideApply } from './server-side-apply.ts';
export { trackUpdate, type UpdateInput } from './track-update.ts';
