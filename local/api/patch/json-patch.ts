/** RFC 6902 as the API server applies it. */
import { clone, deepEqual, isObject, type JsonObject, type JsonValue } from '../schema/json.ts';
import { addAt, type Container, locate, read, removeAt, replaceAt } from './containers.ts';
import { PatchError } from './errors.ts';

const MAX_OPERATIONS = 10_000;
/** All `copy` operations of a patch may add this much JSON, as much as a request body may have. */
const MAX_COPIED_BYTES = 3 * 1024 * 1024;

interface Document {
  root: JsonValue;
  copiedBytes: number;
}

/**
 * Applies a JSON patch and returns the new document; `doc` is not changed.
 * Throws PatchError: 400 when it is no patch, 413 for more than 10,000 operations, 422 when it does not apply.
 */
export function jsonPatch(doc: unknown, ops: unknown): unknown {
  if (!Array.isArray(ops) || !ops.every(isObject)) {
    throw new PatchError('a JSON patch must be an array of operations', 400);
  }
  if (ops.length > MAX_OPERATIONS) {
    throw new PatchError(
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${ops.length}`,
      413,
    );
  }
  const document: Document = { root: clone(doc as JsonValue), copiedBytes: 0 };
  for (const op of ops) applyOperation(document, op);
  return document.root;
}

function applyOperation(document: Document, op: JsonObject): void {
  const operation = typeof op.op === 'string' ? operations[op.op] : undefined;
  if (operation === undefined) {
    throw new PatchError(`Unexpected kind: ${typeof op.op === 'string' ? op.op : 'unknown'}`, 422);
  }
  operation(document, op);
}

const operations: Record<string, (document: Document, op: JsonObject) => void> = {
  __proto__: null as never,
  add(document, op) {
    const path = pointer(op, 'add', 'path');
    const place = locate(document.root, path);
    if (!place) throw missing(`add operation does not apply: doc is missing path: "${path}"`);
    within(`error in add for path: '${path}'`, () => addAt(place.container, place.key, operand(op)));
  },
  remove(document, op) {
    const path = pointer(op, 'remove', 'path');
    const place = locate(document.root, path);
    if (!place) throw missing(`remove operation does not apply: doc is missing path: "${path}"`);
    within(`error in remove for path: '${path}'`, () => removeAt(place.container, place.key));
  },
  replace(document, op) {
    const path = pointer(op, 'replace', 'path');
    if (path === '') return replaceRoot(document, op);
    const place = locate(document.root, path);
    if (!place) throw missing(`replace operation does not apply: doc is missing path: ${path}`);
    try {
      replaceAt(place.container, place.key, operand(op));
    } catch {
      throw missing(`replace operation does not apply: doc is missing key: ${path}`);
    }
  },
  move(document, op) {
    const from = pointer(op, 'move', 'from');
    const place = locate(document.root, from);
    if (!place) throw missing(`move operation does not apply: doc is missing from path: ${from}`);
    const value = within(`error in move for path: '${place.key}'`, () => {
      const found = read(place.container, place.key);
      removeAt(place.container, place.key);
      return found;
    });
    const path = pointer(op, 'move', 'path');
    const target = locate(document.root, path);
    if (!target) throw missing(`move operation does not apply: doc is missing destination path: ${path}`);
    within(`error in move for path: '${path}'`, () => addAt(target.container, target.key, value));
  },
  copy(document, op) {
    const from = pointer(op, 'copy', 'from');
    const place = locate(document.root, from);
    if (!place) throw missing(`copy operation does not apply: doc is missing from path: ${from}`);
    const value = within(`error in copy for from: '${from}'`, () => read(place.container, place.key));
    const path = pointer(op, 'copy', 'path');
    const target = locate(document.root, path);
    if (!target) throw missing(`copy operation does not apply: doc is missing destination path: ${path}`);
    chargeCopy(document, value);
    within('error while adding value during copy', () => addAt(target.container, target.key, clone(value)));
  },
  test(document, op) {
    const path = pointer(op, 'test', 'path');
    const expected = operand(op);
    if (!deepEqual(path === '' ? document.root : tested(document, path), expected)) {
      throw new PatchError(`testing value ${path} failed: test failed`, 422);
    }
  },
};

function tested(document: Document, path: string): JsonValue {
  const place = locate(document.root, path);
  if (!place) throw missing(`test operation does not apply: is missing path: ${path}`);
  return within(`error in test for path: '${path}'`, () => read(place.container, place.key));
}

function replaceRoot(document: Document, op: JsonObject): void {
  const value = operand(op);
  if (typeof value !== 'object' || value === null) {
    throw new PatchError('replace operation value must be object or array', 422);
  }
  document.root = value as Container;
}

function chargeCopy(document: Document, value: JsonValue): void {
  document.copiedBytes += Buffer.byteLength(JSON.stringify(value));
  if (document.copiedBytes > MAX_COPIED_BYTES) {
    throw new PatchError(
      `Unable to complete the copy, the accumulated size increase of copy is ${document.copiedBytes}, exceeding the limit ${MAX_COPIED_BYTES}`,
      422,
    );
  }
}

function operand(op: JsonObject): JsonValue {
  return clone(op.value ?? null);
}

function pointer(op: JsonObject, kind: string, field: 'path' | 'from'): string {
  const value = op[field];
  if (typeof value === 'string') return value;
  throw missing(`${kind} operation failed to decode ${field}`);
}

function missing(what: string): PatchError {
  return new PatchError(`${what}: missing value`, 422);
}

function within<T>(context: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new PatchError(`${context}: ${(error as Error).message}`, 422);
  }
}
