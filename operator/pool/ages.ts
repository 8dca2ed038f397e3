/** How long ago things were first told of. No I/O. */

export interface Ages {
  /** In milliseconds; 0 the first time. */
  of(uid: string): number;
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
    keep(present) {
      for (const uid of since.keys()) if (!present.has(uid)) since.delete(uid);
    },
  };
}
