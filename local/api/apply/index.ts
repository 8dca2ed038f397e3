/**
 * Server-side apply and the tracking of field managers, as pure functions on raw objects.
 * They own nothing but `metadata.managedFields`: defaults, validation, resourceVersion and generation are
 * the caller's.
 */
import { clone, deepEqual, isObject, type JsonObject, type JsonValue } from '../schema/json.ts';
import type { JSONSchema, KubeObject } from '../schema/types.ts';
import { checkValue } from './check.ts';
import { ApplyConflict, ApplyError } from './errors.ts';
import { FieldSet } from './field-set.ts';
import { fieldsOfLastApplied, lastApplied, setLastApplied } from './last-applied.ts';
import {
  capUpdaters,
  decodeManaged,
  encodeManaged,
  type Managed,
  type ManagedFieldsEntry,
  type Manager,
  managerId,
} from './managed-fields.ts';
import { objectAtom } from './object-atom.ts';
import { fieldElement } from './path-element.ts';
import { applyConfig, type Change, ownUpdate } from './updater.ts';

export { ApplyConflict, ApplyError, type FieldConflict } from './errors.ts';
export type { ManagedFieldsEntry } from './managed-fields.ts';

const KUBECTL = 'kubectl';
const BEFORE_FIRST_APPLY = 'before-first-apply';

export interface ApplyInput {
  live: KubeObject | undefined;
  applied: KubeObject;
  schema: JSONSchema;
  /** The field manager's name. */
  manager: string;
  force: boolean;
  /** RFC 3339 to the second. */
  now: string;
  /** `status`, `scale`, …; absent for the object itself. */
  subresource?: string;
  /** Top-level fields that this endpoint ignores; by default `status`, or `spec` for the status endpoint. */
  resetFields?: readonly string[];
}

/**
 * Applies a configuration to the live object. An apply that changes nothing returns an object equal to the
 * live one, timestamps included. Throws ApplyConflict (409) and ApplyError (400 or 500).
 */
export function serverSideApply(input: ApplyInput): { object: KubeObject } {
  const applied = input.applied as JsonObject;
  const live = (input.live ?? emptyObject(input.applied)) as JsonObject;
  if (entriesOf(applied) !== undefined) throw new ApplyError('metadata.managedFields must be nil', 400);
  if (applied.apiVersion !== live.apiVersion) throw wrongVersion(input);
  const atom = objectAtom(input.schema);
  fitsOrThrow(checkValue(atom, applied, false), 'failed to create typed patch object', input.applied);
  fitsOrThrow(checkValue(atom, live, true), 'failed to create typed live object', live);

  const change = changeOf(input, withoutEntries(live), decodeOrThrow(entriesOf(live)));
  if (change.managed.size === 0 && input.live !== undefined) adoptExisting(change, input.now);
  const { object, managed } = applyAsKubectl(change, applied, input);
  const result = clone(object ?? change.live) as JsonObject;
  const id = managerId(change.manager);
  const mine = managed.get(id);
  if (object !== undefined && mine) managed.set(id, { ...mine, time: input.now });
  if (input.manager === KUBECTL && lastApplied(result) !== undefined) setLastApplied(result, applied);
  setEntries(result, managed);
  return { object: (input.live ? restoreTimestamps(input.live, result) : result) as KubeObject };
}

function wrongVersion({ applied, live }: ApplyInput): ApplyError {
  return new ApplyError(
    `Incorrect version specified in apply patch. Specified patch version: ${applied.apiVersion}, expected: ${live?.apiVersion}`,
    400,
  );
}

/** kubectl takes over what its client-side apply had set; everyone else has to force. */
function applyAsKubectl(change: Change, applied: JsonObject, input: ApplyInput) {
  try {
    return applyConfig(change, applied, input.force);
  } catch (error) {
    if (!(error instanceof ApplyConflict) || input.manager !== KUBECTL) throw error;
    const allowed = fieldsOfLastApplied(change.atom, change.live as JsonObject);
    if (allowed === undefined) throw error;
    return applyConfig(change, applied, false, allowed);
  }
}

/** An object that nobody tracked so far belongs to a manager of its own before the first apply. */
function adoptExisting(change: Change, now: string): void {
  const manager: Manager = {
    name: BEFORE_FIRST_APPLY,
    operation: 'Update',
    apiVersion: change.manager.apiVersion,
  };
  if (change.manager.subresource) manager.subresource = change.manager.subresource;
  const { live } = change;
  const empty = emptyObject(live as KubeObject) as JsonObject;
  change.managed = ownUpdate({ ...change, live: empty, manager }, live, now);
}

export interface UpdateInput {
  /** Absent for a create. */
  before?: KubeObject;
  /** What will be stored, but for managedFields. */
  after: KubeObject;
  schema: JSONSchema;
  manager: string;
  now: string;
  subresource?: string;
  resetFields?: readonly string[];
}

/**
 * The object with managedFields brought up to date after a create, update or patch. An update that changes
 * nothing keeps the timestamps. Managed fields in the request are taken when they are valid, and
 * `managedFields: [{}]` gives up all tracking, as the API allows.
 */
export function trackUpdate(input: UpdateInput): KubeObject {
  const { before, after, now } = input;
  const next = withoutEntries(clone(after) as JsonObject);
  const managed = requestedManaged(input);
  const tracked = managed.size > 0 || before === undefined;
  const live = (before ?? emptyObject(after)) as JsonObject;
  if (!tracked) return next as KubeObject;
  const change = changeOf({ ...input, applied: after }, withoutEntries(live), managed);
  const fits =
    checkValue(change.atom, change.live, true).length === 0 &&
    checkValue(change.atom, next, true).length === 0;
  // An object that does not fit its schema any more cannot be tracked; the write itself goes on.
  if (!fits) return next as KubeObject;
  const result = ownUpdate(change, next, now);
  capUpdaters(result);
  setEntries(next, result);
  return before ? restoreTimestamps(before, next as KubeObject) : (next as KubeObject);
}

/** Managed fields come from the request when it has valid ones, else from the live object. */
function requestedManaged({ before, after, subresource }: UpdateInput): Managed {
  const live = entriesOf(before as JsonObject | undefined);
  if (subresource) return decodeOrEmpty(live);
  const requested = entriesOf(after as JsonObject);
  if (requested !== undefined && isReset(requested)) return new Map();
  try {
    const managed = decodeManaged(requested);
    if (managed.size > 0) return managed;
  } catch {
    // Malformed entries count as none: a client that does not understand them must not lose them.
  }
  return decodeOrEmpty(live);
}

function isReset(entries: readonly ManagedFieldsEntry[]): boolean {
  if (entries.length === 0) return true;
  return entries.length === 1 && Object.keys(entries[0] ?? {}).length === 0;
}

function decodeOrEmpty(entries: readonly ManagedFieldsEntry[] | undefined): Managed {
  try {
    return decodeManaged(entries);
  } catch {
    return new Map();
  }
}

function decodeOrThrow(entries: readonly ManagedFieldsEntry[] | undefined): Managed {
  try {
    return decodeManaged(entries);
  } catch (error) {
    throw new ApplyError(`failed to decode managed fields: ${(error as Error).message}`, 500);
  }
}

/**
 * The object with the timestamps of `before` when nothing else differs, so that a write without effect is
 * seen as one.
 */
export function restoreTimestamps(before: KubeObject, after: KubeObject): KubeObject {
  const strip = (object: KubeObject) => {
    const copy = withoutEntries(object as JsonObject);
    const entries = (entriesOf(object as JsonObject) ?? []).map(({ time: _, ...entry }) => entry);
    return { copy, entries };
  };
  return deepEqual(strip(before), strip(after)) ? clone(before) : after;
}

function changeOf(input: Omit<ApplyInput, 'live' | 'force'>, live: JsonObject, managed: Managed): Change {
  const { schema, subresource } = input;
  const apiVersion = input.applied.apiVersion ?? '';
  const reset = input.resetFields ?? defaultReset(schema, subresource);
  return {
    atom: objectAtom(schema),
    live,
    managed,
    manager: {
      name: input.manager === '' ? 'unknown' : input.manager,
      operation: 'force' in input ? 'Apply' : 'Update',
      apiVersion,
      ...(subresource ? { subresource } : {}),
    },
    ignored: FieldSet.of(reset.map((name) => [fieldElement(name)])),
  };
}

function defaultReset(schema: JSONSchema, subresource: string | undefined): string[] {
  if (subresource === 'status') return ['spec'];
  return subresource === undefined && schema.properties?.status ? ['status'] : [];
}

function emptyObject({ apiVersion, kind }: KubeObject): KubeObject {
  return { apiVersion, kind };
}

function entriesOf(object: JsonObject | undefined): ManagedFieldsEntry[] | undefined {
  const metadata = object?.metadata;
  const entries = isObject(metadata) ? metadata.managedFields : undefined;
  return Array.isArray(entries) ? (entries as ManagedFieldsEntry[]) : undefined;
}

function withoutEntries(object: JsonObject): JsonObject {
  if (!isObject(object.metadata) || !('managedFields' in object.metadata)) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function setEntries(object: JsonObject, managed: Managed): void {
  const entries = encodeManaged(managed);
  if (entries.length === 0) return;
  const metadata = isObject(object.metadata) ? object.metadata : {};
  object.metadata = { ...metadata, managedFields: entries as unknown as JsonValue };
}

function fitsOrThrow(problems: readonly string[], what: string, object: KubeObject | JsonObject): void {
  if (problems.length === 0) return;
  const metadata = (object.metadata ?? {}) as { name?: string; namespace?: string };
  const text =
    problems.length === 1 ? problems[0] : ['errors:', ...problems.map((line) => `  ${line}`)].join('\n');
  const name = `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;
  throw new ApplyError(`${what} (${name}; ${groupVersionKind(object)}): ${text}`, 500);
}

function groupVersionKind({ apiVersion, kind }: KubeObject | JsonObject): string {
  const text = String(apiVersion ?? '');
  return `${text.includes('/') ? text : `/${text}`}, Kind=${String(kind ?? '')}`;
}
