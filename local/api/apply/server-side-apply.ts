/** Server-side apply of one object. */
import { clone, type JsonObject } from '../schema/json.ts';
import type { KubeObject } from '../schema/types.ts';
import { changeOf, type Request } from './change.ts';
import { checkValue } from './check.ts';
import { ApplyConflict, ApplyError } from './errors.ts';
import { fieldsOfLastApplied, lastApplied, setLastApplied } from './last-applied.ts';
import {
  decodeManaged,
  type Managed,
  type ManagedFieldsEntry,
  type Manager,
  managerId,
} from './managed-fields.ts';
import { objectAtom } from './object-atom.ts';
import { emptyObject, entriesOf, restoreTimestamps, setEntries, withoutEntries } from './objects.ts';
import { applyConfig, type Change, ownUpdate } from './updater.ts';

const KUBECTL = 'kubectl';
const BEFORE_FIRST_APPLY = 'before-first-apply';

export interface ApplyInput extends Request {
  live: KubeObject | undefined;
  applied: KubeObject;
  /** Take fields over from their managers. */
  force: boolean;
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

  const managedLive = decodeOrThrow(entriesOf(live));
  const change = changeOf(input, 'Apply', applied.apiVersion as string, withoutEntries(live), managedLive);
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

function decodeOrThrow(entries: readonly ManagedFieldsEntry[] | undefined): Managed {
  try {
    return decodeManaged(entries);
  } catch (error) {
    throw new ApplyError(`failed to decode managed fields: ${(error as Error).message}`, 500);
  }
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
