import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether an Authorization header carries this token, as `Bearer TOKEN`. How long that takes tells nothing of
 * the token. Without a token nothing matches.
 */
export function bearerMatches(authorization: string | undefined, token: string | undefined): boolean {
  const expected = token?.trim() ?? '';
  const given = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? '';
  const equal = timingSafeEqual(digest(given), digest(expected));
  return equal && expected !== '';
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
