/** Strategic merge patch: a merge patch whose lists merge by key, as the types of the fields say. */
import { clone, deepEqual, isObject, type JsonObject, type JsonValue, own, put } from '../schema/json.ts';
import type { JSONSchema } from '../schema/types.ts';
import { PatchError } from './errors.ts';
import { arrange, findByKey, mergeKeyMissing, partition } from './list-order.ts';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const SET_ORDER = '$setElementOrder';
const DELETE_FROM = '$deleteFromPrimitiveList';

/**
 * The document with the strategic merge patch applied; neither is changed. Throws PatchError when the
 * patch has directives that make no sense or items without their merge key.
 */
export function strategicMergePatch(doc: unknown, patch: unknown, schema: JSONSchema): unknown {
  if (!isObject(doc) || !isObject(patch)) throw new PatchError('invalid JSON document', 400);
  return mergeMap(clone(doc), clone(patch), schema);
}

/** How a field merges, from its schema. */
interface Field {
  schema: JSONSchema;
  strategy: string;
  mergeKey: string;
}

function fieldOf(schema: JSONSchema, name: string): Field {
  const properties = schema.properties ?? {};
  const additional = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {};
  const found = Object.hasOwn(properties, name) ? (properties[name] ?? {}) : additional;
  const strategies = (found['x-kubernetes-patch-strategy'] ?? '').split(',');
  return {
    schema: (Array.isArray(found.items) ? found.items[0] : found.items) ?? found,
    strategy: strategies.find((name) => name !== '' && name !== 'retainKeys') ?? '',
    mergeKey: found['x-kubernetes-patch-merge-key'] ?? '',
  };
}

function mergeMap(original: JsonObject, patch: JsonObject, schema: JSONSchema): JsonObject {
  const directive = own(patch, DIRECTIVE);
  if (directive !== undefined) return replaceOrDelete(directive, patch);
  retainKeys(original, patch);
  mergeOrderedLists(original, patch, schema);
  for (const [key, value] of Object.entries(patch)) mergeEntry(original, key, value, schema);
  return original;
}

function replaceOrDelete(directive: JsonValue, patch: JsonObject): JsonObject {
  const { [DIRECTIVE]: _, ...rest } = patch;
  if (directive === 'replace') return rest;
  if (directive === 'delete') return {};
  throw new PatchError(`unknown patch type: ${String(directive)} in map: ${JSON.stringify(patch)}`, 500);
}

/** `$retainKeys` names all keys that may stay, so that members of a union do not pile up. */
function retainKeys(original: JsonObject, patch: JsonObject): void {
  const listed = own(patch, RETAIN_KEYS);
  if (listed === undefined) return;
  delete patch[RETAIN_KEYS];
  if (!Array.isArray(listed)) throw new PatchError('invalid patch format of retainKeys', 400);
  for (const [key, value] of Object.entries(patch)) {
    const parallel = key.startsWith(DELETE_FROM) || key.startsWith(SET_ORDER);
    if (value !== null && !parallel && !listed.includes(key)) {
      throw new PatchError('invalid patch format of retainKeys', 400);
    }
  }
  for (const key of Object.keys(original)) if (!listed.includes(key)) delete original[key];
}

function mergeEntry(original: JsonObject, patchKey: string, value: JsonValue, schema: JSONSchema): void {
  const deleting = patchKey.startsWith(DELETE_FROM);
  const key = deleting ? listName(patchKey, DELETE_FROM) : patchKey;
  if (value === null) {
    delete original[key];
    return;
  }
  const current = own(original, key);
  if (current === undefined || !sameType(current, value)) {
    if (!deleting) setWithoutDirectives(original, key, value);
    return;
  }
  const field = fieldOf(schema, key);
  if (isObject(current) && isObject(value)) {
    put(original, key, field.strategy === 'replace' ? value : mergeMap(current, value, field.schema));
  } else if (Array.isArray(current) && Array.isArray(value)) {
    put(original, key, mergeList(current, value, field, deleting));
  } else {
    setWithoutDirectives(original, key, value);
  }
}

function listName(patchKey: string, prefix: string): string {
  const slash = patchKey.indexOf('/');
  if (slash >= 0 && patchKey.slice(0, slash) === prefix) return patchKey.slice(slash + 1);
  const what = prefix === DELETE_FROM ? 'primitive' : 'setElementOrder';
  throw new PatchError(`invalid patch format of ${what} list`, 400);
}

function sameType(a: JsonValue, b: JsonValue): boolean {
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b);
  return a !== null && typeof a === typeof b;
}

function setWithoutDirectives(target: JsonObject, key: string, value: JsonValue): void {
  const kept = removeDirectives(removeNulls(value));
  if (kept === undefined) delete target[key];
  else put(target, key, kept);
}

/** What is new has nothing to delete: nulls in it mean nothing. */
function removeNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(removeNulls);
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  for (const [key, child] of Object.entries(value)) if (child !== null) put(out, key, removeNulls(child));
  return out;
}

function removeDirectives(value: JsonValue): JsonValue | undefined {
  if (Array.isArray(value)) return value.map(removeDirectives).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, DIRECTIVE)) return undefined;
  const out: JsonObject = {};
  for (const [key, child] of Object.entries(value)) {
    const kept = removeDirectives(child);
    if (kept !== undefined) put(out, key, kept);
  }
  return out;
}

function mergeList(current: JsonValue[], patch: JsonValue[], field: Field, deleting: boolean): JsonValue[] {
  if (field.strategy !== 'merge' && !deleting) return patch;
  if (current.length + patch.length === 0) return current;
  const maps = isObject(current[0] ?? patch[0]);
  checkItems([...current, ...patch], maps);
  if (!maps) {
    if (deleting) return current.filter((item) => !patch.includes(item));
    const merged = [...new Set([...current, ...patch])];
    return arrange(partition(merged, patch, ''), patch, current, '');
  }
  const { mergeKey } = field;
  if (mergeKey === '') throw new PatchError('cannot merge lists without merge key', 500);
  const special = takeSpecialItems(current as JsonObject[], patch as JsonObject[], mergeKey);
  const merged = mergeItems(special.current, special.patch, field);
  return arrange(partition(merged, special.patch, mergeKey), special.patch, special.current, mergeKey);
}

function checkItems(items: readonly JsonValue[], maps: boolean): void {
  for (const item of items) {
    if (Array.isArray(item)) throw new PatchError('lists of lists are not supported', 422);
    if (isObject(item) !== maps) throw new PatchError('list element types are not identical', 500);
  }
}

function takeSpecialItems(current: JsonObject[], patch: JsonObject[], mergeKey: string) {
  const plain: JsonObject[] = [];
  let kept = current;
  let replace = false;
  for (const item of patch) {
    const directive = own(item, DIRECTIVE);
    if (directive === undefined) plain.push(item);
    else if (directive === 'replace') replace = true;
    else if (directive === 'delete') {
      const value = own(item, mergeKey);
      if (value === undefined) throw mergeKeyMissing(item, mergeKey);
      kept = kept.filter((candidate) => !deepEqual(own(candidate, mergeKey), value));
    } else if (directive === 'merge') {
      throw new PatchError('merging lists cannot yet be specified in the patch', 500);
    } else {
      throw new PatchError(`unknown patch type: ${String(directive)} in map: ${JSON.stringify(item)}`, 500);
    }
  }
  return replace ? { current: plain, patch: [] } : { current: kept, patch: plain };
}

function mergeItems(current: JsonObject[], patch: JsonObject[], field: Field): JsonObject[] {
  const merged = [...current];
  for (const item of patch) {
    const value = own(item, field.mergeKey);
    if (value === undefined) throw mergeKeyMissing(item, field.mergeKey);
    const index = findByKey(merged, field.mergeKey, value);
    const known = merged[index];
    if (known === undefined) merged.push(item);
    else merged[index] = mergeMap(known, item, field.schema);
  }
  return merged;
}

/** `$setElementOrder/LIST` gives the order of the result for the items that the sender knows. */
function mergeOrderedLists(original: JsonObject, patch: JsonObject, schema: JSONSchema): void {
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(SET_ORDER)) continue;
    delete patch[key];
    const name = listName(key, SET_ORDER);
    const result = orderedList(own(original, name), own(patch, name), order, fieldOf(schema, name));
    if (result === undefined) continue;
    put(original, name, result);
    delete patch[name];
  }
}

function orderedList(
  current: JsonValue | undefined,
  patch: JsonValue | undefined,
  order: JsonValue,
  field: Field,
): JsonValue[] | undefined {
  const lists = [order, current ?? [], patch ?? []];
  if (!lists.every(Array.isArray)) throw new PatchError('expected a []interface {}', 500);
  const [wanted, old, now] = lists as [JsonValue[], JsonValue[], JsonValue[]];
  if (!followsOrder(now, wanted, field.mergeKey)) {
    throw new PatchError(
      `The order in patch list:\n${JSON.stringify(now)}\n doesn't match ${SET_ORDER} list:\n${JSON.stringify(wanted)}\n`,
      500,
    );
  }
  if (current === undefined && patch === undefined) return undefined;
  const merged = mergeForOrder(current, patch, field);
  return arrange(partition(merged, wanted, field.mergeKey), wanted, old, field.mergeKey);
}

function mergeForOrder(
  current: JsonValue | undefined,
  patch: JsonValue | undefined,
  field: Field,
): JsonValue[] {
  if (patch === undefined) return current as JsonValue[];
  if (current === undefined) return removeDirectives(patch) as JsonValue[];
  return mergeList(current as JsonValue[], patch as JsonValue[], field, false);
}

/** Whether the patched items come in the stated order; items that are deleted or replaced do not count. */
function followsOrder(patch: readonly JsonValue[], order: readonly JsonValue[], mergeKey: string): boolean {
  if (order.length === 0 || patch.length === 0) return true;
  const keyOf = (item: JsonValue) => {
    if (mergeKey === '') return item;
    const value = isObject(item) ? own(item, mergeKey) : undefined;
    if (value === undefined) throw mergeKeyMissing(item, mergeKey);
    return value;
  };
  const pending = patch.filter((item) => !(isObject(item) && Object.hasOwn(item, DIRECTIVE)));
  let next = 0;
  for (const item of order) {
    const wanted = pending[next];
    if (wanted === undefined) return true;
    if (deepEqual(keyOf(wanted), keyOf(item))) next++;
  }
  return next >= pending.length;
}
