/** JSON values as the API server handles them, and the few operations that every library here needs. */

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

/** Whether a value is a JSON object, as opposed to null, an array or a scalar. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A deep copy that never follows a prototype. */
export function clone<T>(value: T): T {
  if (Array.isArray(value)) return value.map(clone) as T;
  if (!isObject(value)) return value;
  const copy: JsonObject = {};
  for (const key of Object.keys(value)) put(copy, key, clone(value[key] as JsonValue));
  return copy as T;
}

/** Equality of JSON values; the order of keys does not count. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => deepEqual(item, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && deepEqual(a[key], b[key]));
}

/** Sets an own property, also when the key is `__proto__`, which a plain assignment would swallow. */
export function put(target: JsonObject, key: string, value: JsonValue): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}

/** Reads an own property; inherited ones such as `constructor` do not exist for JSON. */
export function own(target: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(target, key) ? target[key] : undefined;
}

/** Orders strings by UTF-8 bytes, as Go does; `<` would order by UTF-16 units. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** JSON with sorted keys, as Go marshals a map, and with the escapes that Go's encoder adds. */
export function goJsonText(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(goJsonText).join(',')}]`;
  if (!isObject(value)) return goEscape(JSON.stringify(value) ?? 'null');
  const entries = Object.keys(value)
    .sort(compareStrings)
    .map((key) => `${goEscape(JSON.stringify(key))}:${goJsonText(value[key] as JsonValue)}`);
  return `{${entries.join(',')}}`;
}

function goEscape(text: string): string {
  return text.replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
