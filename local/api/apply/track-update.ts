/** managedFields of writes that are not applies. */
import { clone, type JsonObject } from '../schema/json.ts';
import type { KubeObject } from '../schema/types.ts';
import { changeOf, type Request } from './change.ts';
import { checkValue } from './check.ts';
import { capUpdaters, decodeManaged, type Managed, type ManagedFieldsEntry } from './managed-fields.ts';
import { emptyObject, entriesOf, restoreTimestamps, setEntries, withoutEntries } from './objects.ts';
import { ownUpdate } from './updater.ts';

export interface UpdateInput extends Request {
  /** Absent for a create. */
  before?: KubeObject;
  /** What will be stored, but for managedFields. */
  after: KubeObject;
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
  const change = changeOf(input, 'Update', after.apiVersion ?? '', withoutEntries(live), managed);
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
