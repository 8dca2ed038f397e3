/** Reading and writing one step of a JSON pointer, with the rules and words of the server's patch library. */
import { isObject, type JsonObject, type JsonValue, own, put } from '../schema/json.ts';
import { PatchError } from './errors.ts';

export type Container = JsonObject | JsonValue[];

/** The container that a pointer's last step is in, and that step; undefined when there is none. */
export function locate(root: JsonValue, path: string): { container: Container; key: string } | undefined {
  const steps = path.split('/');
  if (steps.length < 2) return undefined;
  let container: JsonValue = root;
  for (const step of steps.slice(1, -1)) {
    const next: JsonValue | undefined = isContainer(container)
      ? tryGet(container, unescapeStep(step))
      : undefined;
    if (next === undefined || !isContainer(next)) return undefined;
    container = next;
  }
  return isContainer(container) ? { container, key: unescapeStep(steps.at(-1) ?? '') } : undefined;
}

function isContainer(value: JsonValue): value is Container {
  return Array.isArray(value) || isObject(value);
}

function unescapeStep(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

function tryGet(container: Container, key: string): JsonValue | undefined {
  try {
    return read(container, key);
  } catch {
    return undefined;
  }
}

/** The value at a key; an absent key of an object reads as null, an index out of range throws. */
export function read(container: Container, key: string): JsonValue {
  if (!Array.isArray(container)) return own(container, key) ?? null;
  const index = existing(container, key);
  return container[index] ?? null;
}

/** Replaces the value at a key; array indices must exist. */
export function replaceAt(container: Container, key: string, value: JsonValue): void {
  if (Array.isArray(container)) container[existing(container, key)] = value;
  else put(container, key, value);
}

/** Adds a value: sets a key of an object, inserts into an array (`-` appends). */
export function addAt(container: Container, key: string, value: JsonValue): void {
  if (!Array.isArray(container)) {
    put(container, key, value);
    return;
  }
  if (key === '-') {
    container.push(value);
    return;
  }
  const size = container.length + 1;
  const index = parseIndex(key, `value was not a proper array index: '${key}': `);
  container.splice(inRange(index, size), 0, value);
}

/** Removes a key or an item, which must exist. */
export function removeAt(container: Container, key: string): void {
  if (Array.isArray(container)) {
    container.splice(existing(container, key), 1);
  } else if (Object.hasOwn(container, key)) {
    delete container[key];
  } else {
    throw new PatchError(`Unable to remove nonexistent key: ${key}: missing value`, 422);
  }
}

function existing(container: readonly JsonValue[], key: string): number {
  return inRange(parseIndex(key), container.length);
}

function parseIndex(key: string, prefix = ''): number {
  if (!/^[+-]?\d+$/.test(key)) {
    throw new PatchError(`${prefix}strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`, 422);
  }
  return Number.parseInt(key, 10);
}

/** Negative indices count from the end, as the server's library allows. */
function inRange(index: number, size: number): number {
  if (index >= size || index < -size) {
    throw new PatchError(`Unable to access invalid index: ${index}: invalid index referenced`, 422);
  }
  return index < 0 ? index + size : index;
}
