/** Taking fields out of an object by their paths. */
import { isObject, type JsonObject, type JsonValue, put } from '../schema/json.ts';
import { type Atom, fieldAtom, itemElement, type ListAtom, type MapAtom, narrow } from './atoms.ts';
import type { FieldSet } from './field-set.ts';
import { fieldElement } from './path-element.ts';

/**
 * The value without the fields and items that the set names. A map or list that loses its last entry
 * becomes null, like an atomic one that is reached into.
 */
export function removeItems(schema: Atom, value: JsonValue, set: FieldSet): JsonValue {
  const atom = narrow(schema, value);
  if (atom.map) return removeFields(atom.map, value, set);
  if (atom.scalar) return value;
  return atom.list ? removeElements(atom.list, value, set) : null;
}

function removeFields(map: MapAtom, value: JsonValue, set: FieldSet): JsonValue {
  if (!isObject(value) || map.atomic) return null;
  const out: JsonObject = {};
  for (const [key, child] of Object.entries(value)) {
    const element = fieldElement(key);
    if (set.members.has(element.id)) continue;
    const below = set.child(element);
    put(out, key, below.isEmpty ? child : removeItems(fieldAtom(map, key) ?? {}, child, below));
  }
  return Object.keys(out).length > 0 ? out : null;
}

function removeElements(list: ListAtom, value: JsonValue, set: FieldSet): JsonValue {
  if (!Array.isArray(value) || list.atomic) return null;
  const out: JsonValue[] = [];
  for (const item of value) {
    const element = itemElement(list, item);
    if (set.members.has(element.id)) continue;
    const below = set.child(element);
    out.push(below.isEmpty ? item : removeItems(list.item(), item, below));
  }
  return out.length > 0 ? out : null;
}
