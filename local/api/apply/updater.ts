/** Who owns what after a write: the rules of server-side apply on typed values and field sets. */
import { deepEqual, isObject, type JsonObject, type JsonValue, own, put } from '../schema/json.ts';
import type { Atom } from './atoms.ts';
import { type Comparison, compare, without } from './compare.ts';
import { type Contested, conflictError } from './errors.ts';
import { FieldSet } from './field-set.ts';
import { fieldSetOf, withNamedFields } from './field-set-of.ts';
import { type Managed, type Manager, managerId } from './managed-fields.ts';
import { merge } from './merge.ts';
import { reconcile } from './reconcile.ts';
import { removeItems } from './remove.ts';

export interface Change {
  atom: Atom;
  live: JsonValue;
  managed: Managed;
  manager: Manager;
  /** Paths that this endpoint does not let anyone set, hence own. */
  ignored: FieldSet;
}

/** Ownership after an update; `next` is the object that will be stored. Sets `time` on what changed. */
export function ownUpdate(change: Change, next: JsonValue, now: string): Managed {
  const { atom, live, manager, ignored } = change;
  const id = managerId(manager);
  const difference = without(compare(atom, live, next), ignored);
  const managed = releaseFields(reconciled(change), difference, undefined, []);
  const gained = difference.modified.union(difference.added).recursiveDifference(ignored);
  const stripped = gained.difference(NEVER_OWNED);
  if (!stripped.isEmpty) {
    const previous = managed.get(id)?.set ?? FieldSet.empty;
    managed.set(id, { manager, set: stripped.union(previous), time: now });
  }
  return managed;
}

/**
 * The object after an apply, or undefined when nothing changes, and who owns what.
 * Throws ApplyConflict unless `force`, or unless every contested field is in `takeable`.
 */
export function applyConfig(
  change: Change,
  config: JsonValue,
  force: boolean,
  takeable?: FieldSet,
): { object: JsonValue | undefined; managed: Managed } {
  const { atom, live, manager, ignored } = change;
  const id = managerId(manager);
  const before = reconciled(change);
  const last = before.get(id);
  const set = fieldSetOf(atom, config).recursiveDifference(ignored);
  before.set(id, { manager, set, ...(last?.time ? { time: last.time } : {}) });

  const merged = merge(atom, live, config) as JsonValue;
  const pruned = last && !last.set.isEmpty ? prune(atom, merged, before, last.set) : merged;
  const object = keepEmpty(pruned, config);
  const difference = without(compare(atom, live, object), ignored);
  const contested = conflictsOf(before, difference, id);
  if (!force) refuseConflicts(contested, takeable);

  const managed = releaseFields(before, difference, id, contested);
  const mine = managed.get(id);
  if (mine) {
    const stripped = mine.set.difference(NEVER_OWNED);
    if (stripped.isEmpty) managed.delete(id);
    else managed.set(id, { ...mine, set: stripped });
  }
  return { object: deepEqual(live, object) ? undefined : object, managed };
}

function refuseConflicts(contested: readonly Contested[], takeable: FieldSet = FieldSet.empty): void {
  const refused = contested
    .map(({ owner, fields }) => ({ owner, fields: fields.difference(takeable) }))
    .filter(({ fields }) => !fields.isEmpty);
  if (refused.length > 0) throw conflictError(refused);
}

function reconciled({ managed, atom }: Change): Managed {
  const result: Managed = new Map();
  for (const [id, ownership] of managed) {
    result.set(id, { ...ownership, set: reconcile(ownership.set, atom) });
  }
  return result;
}

function conflictsOf(managed: Managed, difference: Comparison, workflow: string): Contested[] {
  const touched = difference.modified.union(difference.added);
  const contested: Contested[] = [];
  for (const [id, owner] of managed) {
    if (id === workflow) continue;
    const fields = owner.set.intersection(touched);
    if (!fields.isEmpty) contested.push({ owner, fields });
  }
  return contested;
}

/** Others lose what was changed under them, and what is gone. Without a workflow everyone is "others". */
function releaseFields(
  managed: Managed,
  difference: Comparison,
  workflow: string | undefined,
  known: readonly Contested[],
): Managed {
  const contested = workflow === undefined ? conflictsOf(managed, difference, '') : known;
  const lost = new Map(contested.map(({ owner, fields }) => [managerId(owner.manager), fields]));
  const result: Managed = new Map();
  for (const [id, ownership] of managed) {
    const own = id === workflow;
    const set = own
      ? ownership.set
      : ownership.set.difference(lost.get(id) ?? FieldSet.empty).difference(difference.removed);
    if (!set.isEmpty) result.set(id, { ...ownership, set });
  }
  return result;
}

/**
 * Takes out what the applier applied last time and does not apply now, unless someone else owns it or it
 * was never the applier's: removing a parent must not take a field that another manager put into it.
 */
function prune(atom: Atom, merged: JsonValue, managed: Managed, last: FieldSet): JsonValue {
  const named = (value: JsonValue) => withNamedFields(fieldSetOf(atom, value), atom);
  let pruned = removeItems(atom, merged, withNamedFields(last, atom));

  let owned = FieldSet.empty;
  for (const { set } of managed.values()) owned = owned.union(set);
  const keep = named(pruned).union(withNamedFields(owned, atom));
  pruned = removeItems(atom, merged, named(merged).difference(keep));

  const gone = named(merged).difference(named(pruned));
  return removeItems(atom, merged, gone.intersection(withNamedFields(last, atom)));
}

/**
 * A map or list that lost its last entry is null by now. Where the applier has an empty one, it stays empty: real
 * Kubernetes gets there by way of its Go types, which know no null.
 */
function keepEmpty(object: JsonValue, config: JsonValue | undefined): JsonValue {
  if (object === null && isEmpty(config)) return config as JsonValue;
  if (!isObject(object) || !isObject(config)) return object;
  const out: JsonObject = {};
  for (const [key, value] of Object.entries(object)) put(out, key, keepEmpty(value, own(config, key)));
  return out;
}

function isEmpty(value: JsonValue | undefined): boolean {
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

const metadata = (name: string) => [
  { kind: 'field', name: 'metadata', id: 'f:metadata' } as const,
  { kind: 'field', name, id: `f:${name}` } as const,
];

/** What the server itself decides, so that no manager owns it. */
const NEVER_OWNED = FieldSet.of([
  ...['apiVersion', 'kind', 'metadata'].map((name) => [{ kind: 'field', name, id: `f:${name}` } as const]),
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map(metadata),
]);
