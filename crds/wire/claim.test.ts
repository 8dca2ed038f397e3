import { createPublicKey, randomBytes, verify } from 'node:crypto';
import { expect, it } from 'vitest';
import { claimMessage, claimPublicKey, claimSigningKey, signClaim } from './claim.ts';

const encryptionKey = randomBytes(32);
const digest = 'ab'.repeat(32);

function isGenuine(publicKey: string, podUid: string, signature: string): boolean {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
  return verify(null, Buffer.from(claimMessage(podUid, digest)), key, Buffer.from(signature, 'base64url'));
}

it('is signed for one pod and one body, by who has the encryption key', () => {
  const signature = signClaim(claimSigningKey(encryptionKey), 'pod-1', digest);
  const publicKey = claimPublicKey(encryptionKey);
  expect(Buffer.from(publicKey, 'base64url')).toHaveLength(32);
  expect(isGenuine(publicKey, 'pod-1', signature)).toBe(true);
  expect(isGenuine(publicKey, 'pod-2', signature)).toBe(false);
  expect(isGenuine(claimPublicKey(randomBytes(32)), 'pod-1', signature)).toBe(false);
});

it('has the same keys wherever they are derived', () => {
  expect(claimPublicKey(encryptionKey)).toBe(claimPublicKey(Buffer.from(encryptionKey)));
});
