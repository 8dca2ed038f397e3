import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { claimPublicKey, claimSigningKey, signClaim } from '#crds/wire/claim.ts';
import { createVerifier } from './verify.ts';

const encryptionKey = randomBytes(32);
const signingKey = claimSigningKey(encryptionKey);
const body = Buffer.from('{}');
const sign = (podUid: string, bytes = body) =>
  signClaim(signingKey, podUid, createHash('sha256').update(bytes).digest('hex'));

describe('a claim', () => {
  const isGenuine = createVerifier(claimPublicKey(encryptionKey), 'pod');

  it('that a gateway signed for this pod is genuine', () => {
    expect(isGenuine(body, sign('pod'))).toBe(true);
  });

  it.each([
    ['without a signature', undefined],
    ['with an empty one', ''],
    ['with one that is none', 'x y'],
    ['with one that is cut short', sign('pod').slice(0, -2)],
    ['with one that goes on', `${sign('pod')}AAAA`],
    ['signed for another pod', sign('pod-2')],
    ['signed with another body', sign('pod', Buffer.from('{} '))],
  ])('%s is not', (_, signature) => {
    expect(isGenuine(body, signature)).toBe(false);
  });

  it('signed with another key is not', () => {
    const other = createVerifier(claimPublicKey(randomBytes(32)), 'pod');
    expect(other(body, sign('pod'))).toBe(false);
  });
});
