/** The paths that an object sets: what its applier will own. */
import { isObject, type JsonObject, type JsonValue } from '../schema/json.ts';
import { type Atom, fieldAtom, itemElement, type ListAtom, type MapAtom, narrow } from './atoms.ts';
import { FieldSet, FieldSetBuilder, type Path } from './field-set.ts';
import { fieldElement } from './path-element.ts';

/** The field set of a value that fits its schema. */
export function fieldSetOf(atom: Atom, value: JsonValue): FieldSet {
  const builder = new FieldSetBuilder();
  walk(atom, value, [], builder);
  return builder.build();
}

function walk(schema: Atom, value: JsonValue, path: Path, set: FieldSetBuilder): void {
  const atom = narrow(schema, value);
  if (atom.map) walkMap(atom.map, value, path, set);
  else if (atom.scalar) set.add(path);
  else if (atom.list) walkList(atom.list, value, path, set);
}

function walkMap(map: MapAtom, value: JsonValue, path: Path, set: FieldSetBuilder): void {
  if (map.atomic) set.add(path);
  if (map.atomic || !isObject(value)) return;
  for (const [key, child] of Object.entries(value)) {
    const below = [...path, fieldElement(key)];
    const atom = fieldAtom(map, key);
    if (atom !== undefined) walk(atom, child, below, set);
    // A declared field is owned through what lies in it; one that is empty, or only a key, is owned itself.
    if (child === null || isEmptyMap(child) || map.field(key) === undefined) set.add(below);
  }
}

function isEmptyMap(value: JsonValue): boolean {
  return isObject(value) && Object.keys(value as JsonObject).length === 0;
}

function walkList(list: ListAtom, value: JsonValue, path: Path, set: FieldSetBuilder): void {
  if (list.atomic) set.add(path);
  if (list.atomic || !Array.isArray(value)) return;
  const items = value.map((item) => ({ item, element: itemElement(list, item) }));
  const counts = new Map<string, number>();
  for (const { element } of items) counts.set(element.id, (counts.get(element.id) ?? 0) + 1);
  for (const { item, element } of items) {
    const below = [...path, element];
    // Items that repeat are owned as one, without their fields.
    if (counts.get(element.id) === 1) walk(list.item(), item, below, set);
    set.add(below);
  }
}

/** The set with every declared field that it reaches into added as a member of its own. */
export function withNamedFields(set: FieldSet, atom: Atom): FieldSet {
  const members = new Map(set.members);
  const children = new Map(set.children);
  for (const [id, { element, set: below }] of set.children) {
    const named = element.kind === 'field' ? atom.map?.field(element.name) : undefined;
    if (named !== undefined) members.set(id, element);
    const childAtom =
      named ?? (element.kind === 'field' ? atom.map?.other() : atom.list?.item()) ?? ({} satisfies Atom);
    children.set(id, { element, set: withNamedFields(below, childAtom) });
  }
  return new FieldSet(members, children);
}
