/** How long ago things were first told of. No I/O. */

export interface Ages {
  /** In milliseconds; 0 the first time. */
  of(uid: string): number;
  /** It was told of before. */
  has(uid: string): boolean;
  /** Forgets all others. */
  keep(present: ReadonlySet<string>): void;
}

export function createAges(monotonic: () => number): Ages {
  const since = new Map<string, number>();
  return {
    of(uid) {
      const nowMs = monotonic();
      const sinceMs = since.get(uid) ?? nowMs;
      since.set(uid, sinceMs);
      return nowMs - sinceMs;
    },
    has: (uid) => since.has(uid),
    keep(present) {
      for (const uid of since.keys()) if (!present.has(uid)) since.delete(uid);
    },
  };
}
