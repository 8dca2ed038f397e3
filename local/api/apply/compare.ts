/** What changed between two objects, as field sets. */
import { deepEqual, isObject, type JsonObject, type JsonValue, own } from '../schema/json.ts';
import { type Atom, fieldAtom, itemElement, type ListAtom, type MapAtom, narrow } from './atoms.ts';
import { fitsScalar } from './check.ts';
import { type FieldSet, FieldSetBuilder, type Path } from './field-set.ts';
import { fieldElement, type PathElement } from './path-element.ts';

export interface Comparison {
  added: FieldSet;
  modified: FieldSet;
  removed: FieldSet;
}

type Maybe = JsonValue | undefined;
interface Collector {
  added: FieldSetBuilder;
  modified: FieldSetBuilder;
  removed: FieldSetBuilder;
}

/** Compares two objects of one schema. */
export function compare(atom: Atom, before: Maybe, after: Maybe): Comparison {
  const sets = {
    added: new FieldSetBuilder(),
    modified: new FieldSetBuilder(),
    removed: new FieldSetBuilder(),
  };
  if (before !== undefined || after !== undefined) walk(atom, before, after, [], sets);
  return { added: sets.added.build(), modified: sets.modified.build(), removed: sets.removed.build() };
}

/** The comparison without the paths that `drop` names, and without what lies below them. */
export function without(comparison: Comparison, drop: FieldSet): Comparison {
  return {
    added: comparison.added.recursiveDifference(drop),
    modified: comparison.modified.recursiveDifference(drop),
    removed: comparison.removed.recursiveDifference(drop),
  };
}

function walk(schema: Atom, before: Maybe, after: Maybe, path: Path, sets: Collector): void {
  const left = narrow(schema, before);
  const right = narrow(schema, after);
  let leaf = false;
  if (after === undefined) leaf = visit(left, before, after, path, sets);
  else {
    // A value whose form changed (a map that became a string) is compared in both forms.
    if (before !== undefined && !sameForm(left, right)) visit(left, before, after, path, sets);
    leaf = visit(right, before, after, path, sets);
  }
  if (leaf) return;
  if (before === undefined) sets.added.add(path);
  else if (after === undefined) sets.removed.add(path);
}

function sameForm(a: Atom, b: Atom): boolean {
  return a.map === b.map && a.list === b.list && a.scalar === b.scalar;
}

/** Compares in the form of the atom; true when the value counts as one. */
function visit(atom: Atom, before: Maybe, after: Maybe, path: Path, sets: Collector): boolean {
  if (atom.map) return visitMap(atom.map, before, after, path, sets);
  if (atom.scalar) {
    if (!fitsScalar(atom.scalar, before) && !fitsScalar(atom.scalar, after)) return false;
    return leaf(before, after, path, sets);
  }
  return atom.list ? visitList(atom.list, before, after, path, sets) : false;
}

function leaf(before: Maybe, after: Maybe, path: Path, sets: Collector): true {
  if (before === undefined) sets.added.add(path);
  else if (after === undefined) sets.removed.add(path);
  else if (!deepEqual(before, after)) sets.modified.add(path);
  return true;
}

function visitMap(map: MapAtom, before: Maybe, after: Maybe, path: Path, sets: Collector): boolean {
  const left = isObject(before) ? before : {};
  const right = isObject(after) ? after : {};
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  // Two empty maps are a leaf, which keeps the difference between empty and null.
  if (map.atomic || keys.size === 0) return leaf(before, after, path, sets);
  for (const key of keys) visitKey(map, key, left, right, path, sets);
  return false;
}

function visitKey(
  map: MapAtom,
  key: string,
  left: JsonObject,
  right: JsonObject,
  path: Path,
  sets: Collector,
): void {
  const atom = fieldAtom(map, key);
  if (atom !== undefined) walk(atom, own(left, key), own(right, key), [...path, fieldElement(key)], sets);
}

function visitList(list: ListAtom, before: Maybe, after: Maybe, path: Path, sets: Collector): boolean {
  const left = Array.isArray(before) ? before : [];
  const right = Array.isArray(after) ? after : [];
  if (list.atomic || left.length + right.length === 0) return leaf(before, after, path, sets);
  const old = groups(list, left);
  const now = groups(list, right);
  for (const [id, { element }] of new Map([...now, ...old])) {
    visitItems(list, old.get(id)?.items ?? [], now.get(id)?.items ?? [], [...path, element], sets);
  }
  return false;
}

function groups(list: ListAtom, items: readonly JsonValue[]) {
  const found = new Map<string, { element: PathElement; items: JsonValue[] }>();
  for (const item of items) {
    const element = itemElement(list, item);
    const group = found.get(element.id);
    if (group) group.items.push(item);
    else found.set(element.id, { element, items: [item] });
  }
  return found;
}

/** Items of one key. Repeated ones are owned as one, so only their appearing and vanishing counts. */
function visitItems(list: ListAtom, old: JsonValue[], now: JsonValue[], path: Path, sets: Collector): void {
  if (old.length <= 1 && now.length <= 1) {
    walk(list.item(), old[0], now[0], path, sets);
    return;
  }
  if (old.length > 1 && now.length > 1) {
    if (!deepEqual(old, now)) sets.modified.add(path);
    return;
  }
  if (old.length > 1) {
    if (now.length > 0) walk(list.item(), undefined, now[0], path, sets);
    sets.removed.add(path);
    return;
  }
  if (old.length > 0) walk(list.item(), old[0], undefined, path, sets);
  sets.added.add(path);
}
