/** FieldsV1, the wire form of a field set: nested objects with keys `f:`, `k:`, `v:`, `i:` and `.`. */
import { isObject, type JsonObject, put } from '../schema/json.ts';
import { FieldSet, sorted } from './field-set.ts';
import { type PathElement, parseElement } from './path-element.ts';

/** Writes a set in the canonical order. */
export function toFieldsV1(set: FieldSet, isMember = false): JsonObject {
  const out: JsonObject = {};
  if (isMember && !set.isEmpty) out['.'] = {};
  const elements = new Map(set.members);
  for (const [id, { element }] of set.children) elements.set(id, element);
  for (const element of sorted(elements.values(), (item) => item)) {
    put(out, element.id, toFieldsV1(set.child(element), set.members.has(element.id)));
  }
  return out;
}

/** Reads a set. Throws SyntaxError for keys that are not of the form at all. */
export function fromFieldsV1(fields: unknown): FieldSet {
  return read(fields).set;
}

function read(fields: unknown): { set: FieldSet; isMember: boolean } {
  const members = new Map<string, PathElement>();
  const children = new Map<string, { element: PathElement; set: FieldSet }>();
  let isMember = false;
  for (const [key, value] of isObject(fields) ? Object.entries(fields) : []) {
    if (key === '.') isMember = true;
    const element = key === '.' ? undefined : parseElement(key);
    if (element === undefined) continue;
    const below = read(value);
    if (below.isMember) members.set(element.id, element);
    if (!below.set.isEmpty) children.set(element.id, { element, set: below.set });
  }
  const set = new FieldSet(members, children);
  return { set, isMember: isMember || set.isEmpty };
}
