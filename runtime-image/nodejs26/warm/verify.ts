import { createPublicKey, hash, verify } from 'node:crypto';
import { claimMessage } from '../wire.ts';

/** Whether a claim with this body is signed for this pod; `signature` as it stands in the header. */
export type IsGenuine = (body: Buffer, signature: string | undefined) => boolean;

/** @param claimKey the public key: 32 bytes in base64url */
export function createVerifier(claimKey: string, podUid: string): IsGenuine {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: claimKey }, format: 'jwk' });
  return (body, signature) => {
    if (signature === undefined) return false;
    const message = Buffer.from(claimMessage(podUid, hash('sha256', body, 'hex')));
    return verify(null, message, key, Buffer.from(signature, 'base64url'));
  };
}
