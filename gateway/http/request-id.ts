/** Request ids: unique over gateways and restarts, and cheap to make. They are no secret. */
import { randomBytes } from 'node:crypto';

const SANE = /^[A-Za-z0-9._:/+=@-]{1,128}$/;
const prefix = randomBytes(8).toString('hex');
let count = 0;

/** The caller's id when it is fit for headers and logs, else a new one. */
export function requestId(fromCaller: string | string[] | undefined): string {
  if (typeof fromCaller === 'string' && SANE.test(fromCaller)) return fromCaller;
  count += 1;
  return `${prefix}-${count.toString(36)}`;
}
