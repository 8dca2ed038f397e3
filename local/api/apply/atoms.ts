/** What server-side apply needs to know of a schema: which parts are owned field by field and which as one. */
import { modelNameOf } from '../schema/builtin/models.ts';
import { isObject, type JsonValue, own } from '../schema/json.ts';
import type { JSONSchema } from '../schema/types.ts';
import { keyElement, type PathElement, valueElement } from './path-element.ts';

export type Scalar = 'string' | 'boolean' | 'numeric' | 'untyped';
export interface ListAtom {
  atomic: boolean;
  keys: readonly string[];
  /** Values that absent keys take. */
  keyDefaults: Readonly<Record<string, JsonValue>>;
  item: () => Atom;
}
export interface MapAtom {
  atomic: boolean;
  /** The type below a declared field. */
  field: (name: string) => Atom | undefined;
  /** The type of every other key; undefined when other keys are not allowed. */
  other: () => Atom | undefined;
  /** True when nothing is declared and everything is allowed. */
  free: boolean;
}
/** The forms that a value may take; a schema without `type` allows all three. */
export interface Atom {
  scalar?: Scalar;
  list?: ListAtom;
  map?: MapAtom;
}

const untypedAtomic: Atom = {
  scalar: 'untyped',
  list: { atomic: true, keys: [], keyDefaults: {}, item: () => untypedAtomic },
  map: { atomic: true, field: () => undefined, other: () => untypedAtomic, free: true },
};

const deduced: Atom = {
  scalar: 'untyped',
  list: { atomic: true, keys: [], keyDefaults: {}, item: () => untypedAtomic },
  map: { atomic: false, field: () => undefined, other: () => deduced, free: true },
};

const strictCache = new WeakMap<JSONSchema, Atom>();
const lenientCache = new WeakMap<JSONSchema, Atom>();

/** The atom of a schema; `preserve` says that an enclosing schema keeps unknown fields. */
export function atomOf(schema: JSONSchema, preserve = false): Atom {
  const keep = preserve || schema['x-kubernetes-preserve-unknown-fields'] === true;
  const cache = keep ? lenientCache : strictCache;
  const known = cache.get(schema);
  if (known !== undefined) return known;
  const atom = buildAtom(schema, keep);
  cache.set(schema, atom);
  return atom;
}

function buildAtom(schema: JSONSchema, keep: boolean): Atom {
  switch (schema.type) {
    case 'object':
      return { map: mapAtom(schema, keep) };
    case 'array':
      return { list: listAtom(schema, keep) };
    case 'integer':
    case 'number':
      return { scalar: 'numeric' };
    case 'boolean':
      return { scalar: 'boolean' };
    case 'string':
      return { scalar: schema.format === undefined || schema.format === 'byte' ? 'string' : 'untyped' };
    default:
      return { scalar: 'untyped', list: listAtom(schema, keep), map: mapAtom(schema, keep) };
  }
}

function mapAtom(schema: JSONSchema, keep: boolean): MapAtom {
  const properties = schema.properties ?? {};
  const additional = schema.additionalProperties;
  const free = Object.keys(properties).length === 0;
  return {
    atomic: schema['x-kubernetes-map-type'] === 'atomic',
    field: (name) => {
      const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
      return property === undefined ? undefined : atomOf(property, keep);
    },
    other: () => {
      if (typeof additional === 'object') return atomOf(additional, keep);
      const allowed = additional ?? (keep || free);
      return allowed ? deduced : undefined;
    },
    free: free && typeof additional !== 'object',
  };
}

function listAtom(schema: JSONSchema, keep: boolean): ListAtom {
  const items = Array.isArray(schema.items) ? schema.items[0] : schema.items;
  const { atomic, keys } = relationship(schema);
  const keyDefaults: Record<string, JsonValue> = {};
  for (const key of keys) {
    const value = items && keyDefault(items, key);
    if (value !== undefined) keyDefaults[key] = value;
  }
  return { atomic, keys, keyDefaults, item: () => (items ? atomOf(items, keep) : untypedAtomic) };
}

/** In built-in types a key is never absent: it has the zero value of its Go type. */
function keyDefault(items: JSONSchema, key: string): JsonValue | undefined {
  const property = items.properties?.[key];
  if (property?.default !== undefined || modelNameOf(items) === undefined) return property?.default;
  return property?.type === 'integer' ? 0 : '';
}

/** The list type decides; without one, the strategic-merge markers of built-in types do. */
function relationship(schema: JSONSchema): { atomic: boolean; keys: readonly string[] } {
  const type = schema['x-kubernetes-list-type'];
  if (type === 'map') return { atomic: false, keys: schema['x-kubernetes-list-map-keys'] ?? [] };
  if (type === 'set') return { atomic: false, keys: [] };
  const merged = schema['x-kubernetes-patch-strategy']?.split(',').includes('merge');
  if (type === 'atomic' || !merged) return { atomic: true, keys: [] };
  const mergeKey = schema['x-kubernetes-patch-merge-key'];
  return { atomic: false, keys: mergeKey === undefined ? [] : [mergeKey] };
}

/** Narrows an atom to the form that a value has; null fits every form and narrows nothing. */
export function narrow(atom: Atom, value: JsonValue | undefined): Atom {
  if (value === undefined || value === null) return atom;
  if (Array.isArray(value)) return atom.list ? { list: atom.list } : atom;
  if (typeof value === 'object') return atom.map ? { map: atom.map } : atom;
  return atom.scalar ? { scalar: atom.scalar } : atom;
}

/** The type below a key of a map; undefined when the schema does not allow the key. */
export function fieldAtom(map: MapAtom, name: string): Atom | undefined {
  return map.field(name) ?? map.other();
}

/** The path element of an item of a set or list-map. Throws when the item cannot have one. */
export function itemElement(list: ListAtom, item: JsonValue): PathElement {
  if (list.keys.length === 0) return setElement(item);
  if (!isObject(item)) {
    throw new TypeError(
      item === null
        ? 'associative list with keys may not have a null element'
        : 'associative list with keys may not have non-map elements',
    );
  }
  const entries: [string, JsonValue][] = [];
  for (const key of list.keys) {
    const value = own(item, key) ?? own(list.keyDefaults, key);
    if (value !== undefined) entries.push([key, value]);
  }
  if (entries.length === 0) {
    const names = list.keys.map((key) => JSON.stringify(key)).join(' ');
    throw new TypeError(
      `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
    );
  }
  return keyElement(entries);
}

function setElement(item: JsonValue): PathElement {
  if (item === null)
    throw new TypeError("associative list without keys has an element that's an explicit null");
  if (Array.isArray(item)) throw new TypeError('not supported: associative list with lists as elements');
  if (typeof item === 'object') {
    throw new TypeError("associative list without keys has an element that's a map type");
  }
  return valueElement(item);
}
