/** The shape every stored object shares; the rest of an object is plain JSON. */

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  manager?: string;
  operation?: string;
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: object;
  subresource?: string;
}

export interface Meta {
  name: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: ManagedFieldsEntry[];
}

export interface ApiObject {
  apiVersion: string;
  kind: string;
  metadata: Meta;
  [field: string]: unknown;
}

/** The key of an object within its resource; sorts as the real storage sorts. */
export function objectKey(namespace: string | undefined, name: string): string {
  return namespace ? `${namespace}/${name}` : name;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path of field names, or undefined where a step is missing. */
export function valueAt(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const field of path) {
    if (!isRecord(value)) return undefined;
    value = value[field];
  }
  return value;
}

export function stringAt(root: unknown, ...path: string[]): string | undefined {
  const value = valueAt(root, path);
  return typeof value === 'string' ? value : undefined;
}

export function numberAt(root: unknown, ...path: string[]): number | undefined {
  const value = valueAt(root, path);
  return typeof value === 'number' ? value : undefined;
}

export function recordAt(root: unknown, ...path: string[]): Record<string, unknown> | undefined {
  const value = valueAt(root, path);
  return isRecord(value) ? value : undefined;
}

export function listAt(root: unknown, ...path: string[]): unknown[] {
  const value = valueAt(root, path);
  return Array.isArray(value) ? value : [];
}

/** A copy of `root` with the value at `path` replaced; objects on the way are copied, or made when missing. */
export function withValueAt<T extends object>(root: T, path: readonly string[], value: unknown): T {
  const [field, ...rest] = path;
  if (field === undefined) return root;
  const record = root as Record<string, unknown>;
  const child = record[field];
  const next = rest.length === 0 ? value : withValueAt(isRecord(child) ? child : {}, rest, value);
  return { ...record, [field]: next } as T;
}

/** A copy without the named fields. */
export function without<T extends object>(source: T, ...fields: string[]): T {
  const copy = { ...source } as Record<string, unknown>;
  for (const field of fields) delete copy[field];
  return copy as T;
}

/** Structural equality of JSON values; the order of keys does not matter, and undefined equals absent. */
export function deepEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item, i) => deepEqual(item, right[i]))
    );
  }
  if (!isRecord(left) || !isRecord(right)) return false;
  return containsAll(left, right) && containsAll(right, left);
}

function containsAll(left: Record<string, unknown>, right: Record<string, unknown>): boolean {
  for (const field of Object.keys(left)) if (!deepEqual(left[field], right[field])) return false;
  return true;
}

/** RFC 3339 with seconds, the form of metav1.Time. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** `group/version`, or the bare version for the core group. */
export function groupVersion(group: string, version: string): string {
  return group ? `${group}/${version}` : version;
}
