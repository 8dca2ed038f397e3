/**
 * Makes equal parts of objects one and the same. Thousands of Deployments differ in a few names; what they
 * have in common need not be in memory thousands of times.
 */

/** Changes the parts of `object`, which must be fresh and never be changed again, as cached ones are. */
export type Share = <T extends object>(object: T) => T;

/** Larger parts are as good as unique, and long to compare. */
const MAX_KEY_LENGTH = 512;
const DEFAULT_MAX_PARTS = 4_096;

/** @param maxParts how many parts are remembered, of those that were met last */
export function createShare(maxParts = DEFAULT_MAX_PARTS): Share {
  /** By their JSON, in the order of their last use. */
  const parts = new Map<string, unknown>();

  const known = (key: string, part: unknown): unknown => {
    const shared = parts.get(key) ?? part;
    parts.delete(key);
    parts.set(key, shared);
    if (parts.size > maxParts) parts.delete(parts.keys().next().value as string);
    return shared;
  };

  /** Undefined for what is too large to share. */
  const keyOf = (value: unknown): string | undefined => {
    if (typeof value === 'object' && value !== null) return keyOfParts(value as Record<string, unknown>);
    const isShort = typeof value !== 'string' || value.length <= MAX_KEY_LENGTH;
    return isShort ? String(JSON.stringify(value)) : undefined;
  };

  const keyOfParts = (holder: Record<string, unknown>): string | undefined => {
    let key: string | undefined = Array.isArray(holder) ? '[' : '{';
    for (const [name, part] of Object.entries(holder)) {
      const partKey = keyOf(part);
      const isLong: boolean = partKey === undefined || key === undefined || key.length > MAX_KEY_LENGTH;
      key = isLong ? undefined : `${key}${JSON.stringify(name)}:${partKey},`;
      if (partKey !== undefined && isWorthSharing(part)) holder[name] = known(partKey, part);
    }
    return key;
  };

  return (object) => {
    keyOfParts(object as Record<string, unknown>);
    return object;
  };
}

function isWorthSharing(part: unknown): boolean {
  return typeof part === 'string' || (typeof part === 'object' && part !== null);
}
