/** Secrets that follow from the encryption key, so that no further Secret has to be kept. Both can be had in a shell. */
import { createHmac } from 'node:crypto';

/** What signs the POSTs that tell of calls of a namespace's functions. */
export function webhookSecret(encryptionKey: Buffer, namespace: string): Buffer {
  return createHmac('sha256', encryptionKey).update(`catnap webhook ${namespace}`).digest();
}

/** What opens the part of the control API that is about asynchronous calls. */
export function controlToken(encryptionKey: Buffer): string {
  return createHmac('sha256', encryptionKey).update('catnap control').digest('hex');
}
