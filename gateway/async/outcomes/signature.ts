/** Signs a POST as Standard Webhooks (https://www.standardwebhooks.com) has it, for which there are libraries. Pure. */
import { createHmac } from 'node:crypto';

/**
 * Flat list of the headers that go with a body. The signature is over id, time and body.
 *
 * @param id the same each time that the same thing is sent
 * @param seconds since 1970
 */
export function signatureHeaders(secret: Buffer, id: string, seconds: number, body: Buffer): string[] {
  const signature = createHmac('sha256', secret).update(`${id}.${seconds}.`).update(body).digest('base64');
  return [
    ...['webhook-id', id],
    ...['webhook-timestamp', String(seconds)],
    ...['webhook-signature', `v1,${signature}`],
  ];
}
