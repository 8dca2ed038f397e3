/**
 * How a gateway makes a warm pod a function's: `POST http://POD:8081/claim` with the launch spec (JSON) as the
 * body. The pod takes the first claim and answers when the code is loaded and port 8080 takes calls.
 *
 * Claims are signed with a key that only gateways can derive. Pods know its public half, so nothing that a
 * function can read in its own pod lets it claim another.
 *
 * | Status | Means | Body |
 * |---|---|---|
 * | 200 | it is the function's, of that revision; also when it already was | {@link ClaimAnswer} |
 * | 400, 413 | not a launch spec, or too large | |
 * | 401 | not signed for this pod | |
 * | 409 | it belongs to another function or revision | |
 * | 422 | the code does not load; the pod ends | TerminationMessage of environment.ts |
 * | 429 | as many functions as it can hold are in use (hosts of isolates) | |
 * | 503 | the pod is shutting down | |
 *
 * A host of isolates takes claims of many functions, and runs each in a thread that listens on a port of its own.
 * Its 422 ends that thread only, and a claim of another revision replaces the function's thread. After a genuine claim
 * the connection stays open for the next one; every other answer closes it.
 */
import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject, sign } from 'node:crypto';

export const CLAIM_PATH = '/claim';

export const claimHeaders = {
  /** Ed25519 over {@link claimMessage}, base64url. */
  signature: 'x-catnap-signature',
} as const;

export interface ClaimAnswer {
  /** From the whole claim being there to listening, in milliseconds. */
  loadMs: number;
  /** Where the function listens; absent in the answers of pods that are one function's alone. */
  port?: number;
  /** The pod was the function's before; absent in the answer to the claim that made it so. */
  again?: boolean;
}

/** What is signed: which pod, and the SHA-256 of the body in hex. */
export function claimMessage(podUid: string, bodySha256: string): string {
  return `catnap claim\n${podUid}\n${bodySha256}`;
}

/** DER of an Ed25519 private key up to its 32 bytes (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** @param encryptionKey the 32 bytes that operator and gateway share */
export function claimSigningKey(encryptionKey: Buffer): KeyObject {
  const seed = Buffer.from(hkdfSync('sha256', encryptionKey, '', 'catnap claim', 32));
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
}

/** The public half, as pods get it in their environment: 32 bytes in base64url. */
export function claimPublicKey(encryptionKey: Buffer): string {
  return createPublicKey(claimSigningKey(encryptionKey)).export({ format: 'jwk' }).x as string;
}

export function signClaim(key: KeyObject, podUid: string, bodySha256: string): string {
  return sign(null, Buffer.from(claimMessage(podUid, bodySha256)), key).toString('base64url');
}
