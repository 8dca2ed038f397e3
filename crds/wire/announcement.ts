/**
 * How a pod tells the gateways that it listens: `POST` to `CATNAP_ANNOUNCE_URL` + {@link ANNOUNCE_PATH}
 * with these headers, `authorization: Bearer TOKEN` and no body. Its address is where the connection
 * comes from.
 */
import { createHmac, hkdfSync } from 'node:crypto';

export const announceHeaders = {
  /** `namespace/name`. */
  function: 'x-catnap-function',
  podUid: 'x-catnap-pod-uid',
  /** The port it listens on. */
  port: 'x-catnap-port',
} as const;

export const ANNOUNCE_PATH = '/announce';

/**
 * The key that announcement tokens are made with. Apart from the key it comes from, so that neither can
 * be found by way of the other's use.
 *
 * @param encryptionKey the 32 bytes that operator and gateway share
 */
export function announceKey(encryptionKey: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', encryptionKey, '', 'catnap announce', 32));
}

/** What a pod of the function shows, and only such a pod: 43 characters, the same for all its pods. */
export function announceToken(key: Buffer, functionKey: string): string {
  return createHmac('sha256', key).update(functionKey).digest('base64url');
}
