/** One step of a field path: a field name, the keys of a list item, the value of a set item, or an index. */
import { compareStrings, type JsonObject, type JsonValue } from '../schema/json.ts';

export type PathElement =
  | { kind: 'field'; name: string; id: string }
  | { kind: 'key'; fields: readonly (readonly [string, JsonValue])[]; id: string }
  | { kind: 'value'; value: JsonValue; id: string }
  | { kind: 'index'; index: number; id: string };

/** The element of a named field; its id is the FieldsV1 form `f:NAME`. */
export function fieldElement(name: string): PathElement {
  return { kind: 'field', name, id: `f:${name}` };
}

/** The element of an item of a list-map; its id is the FieldsV1 form `k:{…}`. */
export function keyElement(entries: [string, JsonValue][]): PathElement {
  const fields = entries.toSorted((a, b) => compareStrings(a[0], b[0]));
  const body = fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',');
  return { kind: 'key', fields, id: `k:{${body}}` };
}

/** The element of an item of a set; its id is the FieldsV1 form `v:…`. */
export function valueElement(value: JsonValue): PathElement {
  return { kind: 'value', value, id: `v:${JSON.stringify(value)}` };
}

/** Reads the FieldsV1 form; undefined for kinds that this version does not know, which are dropped. */
export function parseElement(text: string): PathElement | undefined {
  const body = text.slice(2);
  switch (text.slice(0, 2)) {
    case 'f:':
      return fieldElement(body);
    case 'v:':
      return valueElement(JSON.parse(body) as JsonValue);
    case 'k:':
      return keyElement(Object.entries(JSON.parse(body) as JsonObject));
    case 'i:':
      return { kind: 'index', index: Number.parseInt(body, 10), id: text };
    default:
      if (text.length < 2 || text[1] !== ':') throw new SyntaxError(`missing colon: ${text}`);
      return undefined;
  }
}

/** The form that conflict messages use: `.name`, `[name="x"]`, `[="x"]`, `[3]`. */
export function elementText(element: PathElement): string {
  switch (element.kind) {
    case 'field':
      return `.${element.name}`;
    case 'key':
      return `[${element.fields.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
    case 'value':
      return `[=${JSON.stringify(element.value)}]`;
    default:
      return `[${element.index}]`;
  }
}

const KIND_ORDER = { field: 0, key: 1, value: 2, index: 3 } as const;

/** The order in which FieldsV1 lists elements. */
export function compareElements(a: PathElement, b: PathElement): number {
  if (a.kind !== b.kind) return KIND_ORDER[a.kind] - KIND_ORDER[b.kind];
  if (a.kind === 'field' && b.kind === 'field') return compareStrings(a.name, b.name);
  if (a.kind === 'value' && b.kind === 'value') return compareValues(a.value, b.value);
  if (a.kind === 'index' && b.kind === 'index') return a.index - b.index;
  if (a.kind === 'key' && b.kind === 'key') return compareKeys(a.fields, b.fields);
  return 0;
}

type KeyFields = readonly (readonly [string, JsonValue])[];

function compareKeys(a: KeyFields, b: KeyFields): number {
  for (let i = 0; ; i++) {
    const left = a[i];
    const right = b[i];
    if (left === undefined || right === undefined) return a.length - b.length;
    const order = compareStrings(left[0], right[0]) || compareValues(left[1], right[1]);
    if (order !== 0) return order;
  }
}

const TYPE_ORDER: Record<string, number> = { number: 0, string: 1, boolean: 2, array: 3, object: 4, null: 5 };

function typeOf(value: JsonValue): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function compareValues(a: JsonValue, b: JsonValue): number {
  const left = typeOf(a);
  const right = typeOf(b);
  if (left !== right) return (TYPE_ORDER[left] ?? 0) - (TYPE_ORDER[right] ?? 0);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  return compareStrings(String(a), String(b));
}
