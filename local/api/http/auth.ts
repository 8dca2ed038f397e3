import { createHash, timingSafeEqual } from 'node:crypto';

export type Authenticator = (authorization: string | undefined) => boolean;

const SCHEME = /^bearer +(?<token>\S+)$/i;

/** Accepts one bearer token; the time a refusal takes does not depend on the token. */
export function bearerAuthenticator(token: string): Authenticator {
  const expected = digest(token);
  return (authorization) => {
    const given = SCHEME.exec(authorization ?? '')?.groups?.token;
    return given !== undefined && timingSafeEqual(digest(given), expected);
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
