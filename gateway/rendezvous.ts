/**
 * Rendezvous hashing (Thaler and Ravishankar, 1998): everybody who knows the same candidates prefers the same
 * one for a key, in whatever order they are known, and candidates that come or go move no other key.
 */

/** The candidate with the greatest weight for the key; undefined when there are none. */
export function preferred<T>(
  key: string,
  candidates: readonly T[],
  idOf: (candidate: T) => string,
): T | undefined {
  let best: T | undefined;
  let highest = -1;
  for (const candidate of candidates) {
    const weight = hash(key, idOf(candidate));
    if (weight > highest) {
      highest = weight;
      best = candidate;
    }
  }
  return best;
}

/**
 * 32 bits of both texts: FNV-1a with the final mixing of MurmurHash3, since FNV's high bits follow its last
 * bytes.
 */
export function hash(a: string, b: string): number {
  let h = 0x811c9dc5;
  for (const text of [a, b]) {
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
