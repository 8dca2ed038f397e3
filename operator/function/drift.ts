/**
 * Whether a live object still has what was asked for. The API server adds defaults and rewrites
 * quantities, so equality would find a difference each time; only what is asked for counts.
 */
import { parseQuantity } from './quantity.ts';

/** The fields by which Kubernetes tells the elements of a list apart, in the order they are tried. */
const mergeKeys = ['name', 'mountPath', 'key', 'uid'];

/** True when every field of `desired` has the same value in `live`. */
export function isContained(desired: unknown, live: unknown): boolean {
  // JSON drops undefined members, so one that is asked for as undefined is not asked for.
  if (desired === undefined) return true;
  if (Array.isArray(desired)) return Array.isArray(live) && isListContained(desired, live);
  if (isRecord(desired)) {
    if (!isRecord(live)) return isEmpty(desired) && live === undefined;
    return Object.entries(desired).every(([key, value]) => isContained(value, live[key]));
  }
  return desired === live || isSameQuantity(desired, live) || (desired === '' && live === undefined);
}

function isListContained(desired: unknown[], live: unknown[]): boolean {
  const mergeKey = mergeKeys.find((key) => desired.every((item) => isRecord(item) && key in item));
  if (!mergeKey) {
    return desired.length === live.length && desired.every((item, index) => isContained(item, live[index]));
  }
  const byKey = new Map(live.filter(isRecord).map((item) => [item[mergeKey], item]));
  return desired.every((item) => isContained(item, byKey.get((item as Record<string, unknown>)[mergeKey])));
}

function isSameQuantity(a: unknown, b: unknown): boolean {
  const quantity = parseQuantity(a);
  return quantity !== undefined && quantity === parseQuantity(b);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `{}`, `{a: {}}` … : the API server may leave such a field out. */
function isEmpty(value: Record<string, unknown>): boolean {
  return Object.values(value).every((member) => isRecord(member) && isEmpty(member));
}
