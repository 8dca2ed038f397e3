/** Reading raw objects whose types are known but not guaranteed. */
import { isObject, type JsonObject, type JsonValue } from '../json.ts';

/** The object at a key, or an empty one that is not attached. */
export function objectAt(parent: JsonObject, key: string): JsonObject {
  const value = parent[key];
  return isObject(value) ? value : {};
}

/** The objects of the list at a key; items that are no objects count as empty. */
export function objectsAt(parent: JsonObject, key: string): JsonObject[] {
  const value = parent[key];
  return Array.isArray(value) ? value.map((item) => (isObject(item) ? item : {})) : [];
}

/** The string at a key, or ''. */
export function textAt(parent: JsonObject, key: string): string {
  const value = parent[key];
  return typeof value === 'string' ? value : '';
}

/** The number at a key, if there is one. */
export function numberAt(parent: JsonObject, key: string): number | undefined {
  const value = parent[key];
  return typeof value === 'number' ? value : undefined;
}

/** Sets a value where there is none. */
export function setDefault(target: JsonObject, key: string, value: JsonValue): void {
  if (target[key] === undefined || target[key] === null) target[key] = value;
}

/** The object at a key, put there when there is none. */
export function ensureObject(parent: JsonObject, key: string): JsonObject {
  if (!isObject(parent[key])) parent[key] = {};
  return parent[key] as JsonObject;
}

/** Whether a key holds a value that Go would not take for the zero value. */
export function isSet(parent: JsonObject, key: string): boolean {
  const value = parent[key];
  return value !== undefined && value !== null && value !== '';
}
